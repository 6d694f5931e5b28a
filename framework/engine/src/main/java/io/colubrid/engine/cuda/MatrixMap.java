package io.colubrid.engine.cuda;

import io.colubrid.spi.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * What the copy engine of Hopper GPUs is told of a matrix whose rows lie behind one another, in
 * boxes of some rows of 128 bytes, whose 16-byte chunks it exchanges by row. JCuda lacks the
 * driver's function that describes one.
 *
 * @param address a multiple of 16, as the bytes of a row are
 * @param dtype F32 or BF16
 * @param boxRows rows of a box, at most 256
 */
record MatrixMap(long address, DType dtype, long rows, long columns, int boxRows) {
  private static final int BYTES = 128;

  private static final int ALIGNMENT = 64;
  private static final int BOX_ROW_BYTES = 128;

  // Numbers of the driver's enumerations.
  private static final int FLOAT32 = 7;
  private static final int BFLOAT16 = 9;
  private static final int NOT_INTERLEAVED = 0;
  private static final int SWIZZLE_128_BYTES = 3;
  private static final int PROMOTE_128_BYTES = 2;
  private static final int ZEROS_OUTSIDE = 0;

  private static final MethodHandle ENCODE =
      Driver.function(
          "cuTensorMapEncodeTiled",
          ValueLayout.ADDRESS,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_LONG,
          ValueLayout.ADDRESS,
          ValueLayout.ADDRESS,
          ValueLayout.ADDRESS,
          ValueLayout.ADDRESS,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT);

  /** The structure MatrixMap of {@code mapped_matrix.cuh}. */
  long[] words() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment map = arena.allocate(BYTES, ALIGNMENT);
      CudaCheck.driver(
          encode(map, arena), () -> "describing a matrix of %d×%d".formatted(rows, columns));
      return map.toArray(ValueLayout.JAVA_LONG);
    }
  }

  private int encode(MemorySegment map, Arena arena) {
    int size = dtype.bytes();
    try {
      return (int)
          ENCODE.invokeExact(
              map,
              dtype == DType.F32 ? FLOAT32 : BFLOAT16,
              2,
              address,
              arena.allocateFrom(ValueLayout.JAVA_LONG, columns, rows),
              arena.allocateFrom(ValueLayout.JAVA_LONG, columns * size),
              arena.allocateFrom(ValueLayout.JAVA_INT, BOX_ROW_BYTES / size, boxRows),
              arena.allocateFrom(ValueLayout.JAVA_INT, 1, 1),
              NOT_INTERLEAVED,
              SWIZZLE_128_BYTES,
              PROMOTE_128_BYTES,
              ZEROS_OUTSIDE);
    } catch (Throwable e) {
      throw new IllegalStateException("cuTensorMapEncodeTiled cannot be called", e);
    }
  }
}
