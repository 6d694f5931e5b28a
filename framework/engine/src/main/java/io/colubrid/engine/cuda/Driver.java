package io.colubrid.engine.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** NVIDIA's driver, asked for what does not need a context of ours. */
record Driver(NativeLibrary library) {
  static final String LIBRARY = "libcuda.so.1";

  private static final int NAME_BYTES = 256;
  private static final int CLOCK_RATE = 13;
  private static final int MULTIPROCESSORS = 16;
  private static final int CAPABILITY_MAJOR = 75;
  private static final int CAPABILITY_MINOR = 76;

  static Optional<Driver> open() {
    return NativeLibrary.open(LIBRARY).map(Driver::new);
  }

  /** One of its functions that is called often, where the driver is known to be there. */
  static MethodHandle function(String name, MemoryLayout... arguments) {
    return NativeLibrary.open(LIBRARY).orElseThrow().handle(name, arguments);
  }

  /** 0, or the number of the error with which it fails to start. */
  int start() {
    return library.call("cuInit", 0);
  }

  /** Version of the driver's CUDA, such as 13000 for 13.0. */
  int version() {
    return number("cuDriverGetVersion");
  }

  int devices() {
    return number("cuDeviceGetCount");
  }

  /** What a GPU is, and how much of its memory is free now, for which it takes a context. */
  CudaGpu gpu(int ordinal) {
    int device = number("cuDeviceGet", ordinal);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocate(NAME_BYTES);
      library.call("cuDeviceGetName", name, NAME_BYTES, device);
      MemorySegment total = arena.allocate(ValueLayout.JAVA_LONG);
      library.call("cuDeviceTotalMem_v2", total, device);
      return new CudaGpu(
          ordinal,
          name.getString(0, StandardCharsets.UTF_8),
          10 * attribute(CAPABILITY_MAJOR, device) + attribute(CAPABILITY_MINOR, device),
          attribute(MULTIPROCESSORS, device),
          attribute(CLOCK_RATE, device),
          freeBytes(arena, device),
          total.get(ValueLayout.JAVA_LONG, 0));
    }
  }

  private long freeBytes(Arena arena, int device) {
    MemorySegment context = arena.allocate(ValueLayout.ADDRESS);
    if (library.call("cuDevicePrimaryCtxRetain", context, device) != 0) {
      return CudaGpu.UNKNOWN;
    }
    MemorySegment free = arena.allocate(ValueLayout.JAVA_LONG);
    MemorySegment total = arena.allocate(ValueLayout.JAVA_LONG);
    library.call("cuCtxPushCurrent_v2", context.get(ValueLayout.ADDRESS, 0));
    int error = library.call("cuMemGetInfo_v2", free, total);
    library.call("cuCtxPopCurrent_v2", context);
    library.call("cuDevicePrimaryCtxRelease_v2", device);
    return error == 0 ? free.get(ValueLayout.JAVA_LONG, 0) : CudaGpu.UNKNOWN;
  }

  private int attribute(int which, int device) {
    return number("cuDeviceGetAttribute", which, device);
  }

  /** Calls a function that writes one int before its other arguments; 0 where it fails. */
  private int number(String function, Integer... arguments) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ValueLayout.JAVA_INT);
      Object[] all = new Object[arguments.length + 1];
      all[0] = out;
      System.arraycopy(arguments, 0, all, 1, arguments.length);
      return library.call(function, all) == 0 ? out.get(ValueLayout.JAVA_INT, 0) : 0;
    }
  }
}
