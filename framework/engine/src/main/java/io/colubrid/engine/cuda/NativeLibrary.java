package io.colubrid.engine.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.Optional;

/**
 * A library of C functions that answer 0 or an error's number, called without JCuda, whose classes
 * fail to load where there is no driver.
 */
record NativeLibrary(String name, SymbolLookup symbols) {

  /** Loads a library for good; empty if there is none that loads. */
  @SuppressWarnings("restricted")
  static Optional<NativeLibrary> open(String name) {
    try {
      return Optional.of(new NativeLibrary(name, SymbolLookup.libraryLookup(name, Arena.global())));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /**
   * Calls a function.
   *
   * @param arguments each an Integer, a Long, or a segment whose address is meant
   * @return 0, or the number of an error
   */
  int call(String function, Object... arguments) {
    MemoryLayout[] layouts =
        Arrays.stream(arguments).map(NativeLibrary::layout).toArray(MemoryLayout[]::new);
    try {
      return (int) handle(function, layouts).invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw new IllegalStateException(name + ": " + function + " cannot be called", e);
    }
  }

  /** A function that is called often, which {@link #call} would look up each time. */
  @SuppressWarnings("restricted")
  MethodHandle handle(String function, MemoryLayout... arguments) {
    return Linker.nativeLinker()
        .downcallHandle(
            symbols.findOrThrow(function), FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
  }

  private static MemoryLayout layout(Object argument) {
    return switch (argument) {
      case Integer number -> ValueLayout.JAVA_INT;
      case Long number -> ValueLayout.JAVA_LONG;
      case MemorySegment segment -> ValueLayout.ADDRESS;
      default -> throw new IllegalArgumentException("no argument of C: " + argument.getClass());
    };
  }
}
