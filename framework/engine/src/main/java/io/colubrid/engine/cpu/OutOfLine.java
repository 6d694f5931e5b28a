package io.colubrid.engine.cpu;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * Handles of loops that must be compiled by themselves. A loop over an exponential fills a
 * compilation; inlined into a caller beside another, its vectors would be allocated on the heap.
 * Through a handle that is no constant to the compiler nothing is inlined, at some nanoseconds a
 * call: keep these handles in maps, or in fields that are not final.
 */
final class OutOfLine {

  private OutOfLine() {}

  static MethodHandle loop(MethodHandles.Lookup owner, String name, MethodType type) {
    try {
      return owner.findStatic(owner.lookupClass(), name, type);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("no loop " + name + " in " + owner.lookupClass(), e);
    }
  }

  /** The loop of each function: the method of its name, GELU_TANH's being geluTanh. */
  static Map<UnaryOp, MethodHandle> loops(MethodHandles.Lookup owner, MethodType type) {
    var loops = new EnumMap<UnaryOp, MethodHandle>(UnaryOp.class);
    for (UnaryOp op : UnaryOp.values()) {
      String name = op.name().toLowerCase(Locale.ROOT);
      int mark = name.indexOf('_');
      if (mark >= 0) {
        name =
            name.substring(0, mark)
                + Character.toUpperCase(name.charAt(mark + 1))
                + name.substring(mark + 2);
      }
      loops.put(op, loop(owner, name, type));
    }
    return loops;
  }

  /** For what a loop cannot throw. */
  static RuntimeException unexpected(Throwable t) {
    if (t instanceof Error error) {
      throw error;
    }
    return t instanceof RuntimeException e ? e : new IllegalStateException(t);
  }
}
