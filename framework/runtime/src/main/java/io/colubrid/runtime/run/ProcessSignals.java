package io.colubrid.runtime.run;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.InvocationTargetException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Catches signals of the operating system through {@code sun.misc.Signal}, of the supported module
 * jdk.unsupported. Reflection, because javac warns of every mention in a way that cannot be
 * silenced.
 */
final class ProcessSignals {
  private static final Logger log = LoggerFactory.getLogger(ProcessSignals.class);

  private ProcessSignals() {}

  /** Puts back the handler that was there before. */
  @FunctionalInterface
  interface Restoration {
    void restore();
  }

  /**
   * Runs an action, on a thread of the JVM's, whenever the signal comes. Where the signal cannot be
   * caught, under -Xrs for instance, a warning says so and nothing changes.
   */
  static Restoration handle(String name, Runnable action) {
    try {
      Class<?> signalType = Class.forName("sun.misc.Signal");
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      Object signal = signalType.getConstructor(String.class).newInstance(name);
      MethodHandle run =
          MethodHandles.lookup()
              .findVirtual(Runnable.class, "run", MethodType.methodType(void.class))
              .bindTo(action);
      Object handler =
          MethodHandleProxies.asInterfaceInstance(
              handlerType, MethodHandles.dropArguments(run, 0, signalType));
      var install = signalType.getMethod("handle", signalType, handlerType);
      Object before = install.invoke(null, signal, handler);
      return () -> {
        try {
          install.invoke(null, signal, before);
        } catch (ReflectiveOperationException e) {
          log.warn("the handler of SIG{} could not be put back", name, e);
        }
      };
    } catch (InvocationTargetException e) {
      log.warn("SIG{} cannot be caught: {}", name, String.valueOf(e.getCause()));
    } catch (ReflectiveOperationException e) {
      log.warn("SIG{} cannot be caught: this JVM has no {}", name, e.getMessage());
    }
    return () -> {};
  }
}
