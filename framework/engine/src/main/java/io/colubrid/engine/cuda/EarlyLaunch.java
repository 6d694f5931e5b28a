package io.colubrid.engine.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import jcuda.driver.CUfunction;
import jcuda.driver.CUstream;

/**
 * Launches kernels that may begin while their predecessor still runs, and wait for it themselves
 * (programmatic dependent launch). JCuda lacks {@code cuLaunchKernelEx}, so it is called through
 * the foreign-function interface.
 */
final class EarlyLaunch {
  private static final int PROGRAMMATIC_STREAM_SERIALIZATION = 6;
  private static final int ATTRIBUTE_BYTES = 72;
  private static final int ATTRIBUTE_VALUE = 8;

  private static final StructLayout CONFIG =
      MemoryLayout.structLayout(
          MemoryLayout.sequenceLayout(3, ValueLayout.JAVA_INT).withName("grid"),
          MemoryLayout.sequenceLayout(3, ValueLayout.JAVA_INT).withName("block"),
          ValueLayout.JAVA_INT.withName("sharedBytes"),
          MemoryLayout.paddingLayout(4),
          ValueLayout.ADDRESS.withName("stream"),
          ValueLayout.ADDRESS.withName("attributes"),
          ValueLayout.JAVA_INT.withName("attributeCount"),
          MemoryLayout.paddingLayout(4));

  private static final MethodHandle LAUNCH = find();

  /** The config and the arguments have to live as long as the launch may be repeated. */
  private final Arena arena = Arena.ofAuto();

  private final MemorySegment config = arena.allocate(CONFIG);
  private final MemorySegment function;
  private final MemorySegment arguments;

  EarlyLaunch(
      Function function,
      Stream stream,
      int[] grid,
      int[] block,
      int sharedBytes,
      Arguments arguments) {
    this.function = MemorySegment.ofAddress(function.address());
    this.arguments = arguments.pack(arena);
    MemorySegment attribute = arena.allocate(ATTRIBUTE_BYTES, Long.BYTES);
    attribute.set(ValueLayout.JAVA_INT, 0, PROGRAMMATIC_STREAM_SERIALIZATION);
    attribute.set(ValueLayout.JAVA_INT, ATTRIBUTE_VALUE, 1);
    MemorySegment.copy(grid, 0, config, ValueLayout.JAVA_INT, at("grid"), grid.length);
    MemorySegment.copy(block, 0, config, ValueLayout.JAVA_INT, at("block"), block.length);
    config.set(ValueLayout.JAVA_INT, at("sharedBytes"), sharedBytes);
    config.set(ValueLayout.ADDRESS, at("stream"), MemorySegment.ofAddress(stream.address()));
    config.set(ValueLayout.ADDRESS, at("attributes"), attribute);
    config.set(ValueLayout.JAVA_INT, at("attributeCount"), 1);
  }

  /** Puts the kernel on its stream; answers the driver's error. */
  int launch() {
    try {
      return (int) LAUNCH.invokeExact(config, function, arguments, MemorySegment.NULL);
    } catch (Throwable e) {
      throw new IllegalStateException("cuLaunchKernelEx cannot be called", e);
    }
  }

  private static long at(String field) {
    return CONFIG.byteOffset(MemoryLayout.PathElement.groupElement(field));
  }

  @SuppressWarnings("restricted")
  private static MethodHandle find() {
    return Linker.nativeLinker()
        .downcallHandle(
            SymbolLookup.libraryLookup(Driver.LIBRARY, Arena.global())
                .findOrThrow("cuLaunchKernelEx"),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.ADDRESS,
                ValueLayout.ADDRESS,
                ValueLayout.ADDRESS));
  }

  /** A kernel whose handle can be read. */
  static final class Function extends CUfunction {
    long address() {
      return getNativePointer();
    }
  }

  /** A stream whose handle can be read. */
  static final class Stream extends CUstream {
    long address() {
      return getNativePointer();
    }
  }
}
