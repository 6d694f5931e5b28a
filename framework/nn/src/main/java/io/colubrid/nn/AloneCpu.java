package io.colubrid.nn;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Handles of loops on vectors that must be compiled by themselves. Inlined into one another, they
 * fill a compilation to the point where methods of ours are called instead, and vectors that pass
 * through them lie on the heap, at a hundred times the cost. A handle that is no constant to the
 * compiler, in a field that is not final, is never inlined; a call costs some nanoseconds.
 */
public final class AloneCpu {
  private AloneCpu() {}

  /**
   * @param owner of the lookup's class
   * @param name of its static method, which returns nothing
   */
  public static MethodHandle loop(MethodHandles.Lookup owner, String name, Class<?>... parameters) {
    try {
      MethodType type = MethodType.methodType(void.class, parameters);
      return owner.findStatic(owner.lookupClass(), name, type);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("no loop " + name + " in " + owner.lookupClass(), e);
    }
  }

  /** For what a loop cannot throw. */
  public static RuntimeException unexpected(Throwable thrown) {
    if (thrown instanceof Error error) {
      throw error;
    }
    return thrown instanceof RuntimeException e ? e : new IllegalStateException(thrown);
  }
}
