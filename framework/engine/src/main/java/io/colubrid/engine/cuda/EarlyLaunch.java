package io.colubrid.engine.cuda;

import io.colubrid.spi.op.CudaCall.Grid;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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
  private static final MethodHandle LAUNCH =
      Driver.function(
          "cuLaunchKernelEx",
          ValueLayout.ADDRESS,
          ValueLayout.ADDRESS,
          ValueLayout.ADDRESS,
          ValueLayout.ADDRESS);

  /** The config and the arguments have to live as long as the launch may be repeated. */
  private final Arena arena = Arena.ofAuto();

  private final MemorySegment config;
  private final MemorySegment function;
  private final MemorySegment arguments;

  EarlyLaunch(
      Function function,
      Stream stream,
      Grid grid,
      int threads,
      int sharedBytes,
      Arguments arguments) {
    this.function = MemorySegment.ofAddress(function.address());
    this.arguments = arguments.pack(arena);
    this.config =
        LaunchConfig.of(
            arena,
            grid,
            threads,
            sharedBytes,
            stream.address(),
            LaunchConfig.Attribute.PROGRAMMATIC_STREAM_SERIALIZATION,
            1);
  }

  /** Puts the kernel on its stream; answers the driver's error. */
  int launch() {
    try {
      return (int) LAUNCH.invokeExact(config, function, arguments, MemorySegment.NULL);
    } catch (Throwable e) {
      throw new IllegalStateException("cuLaunchKernelEx cannot be called", e);
    }
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
