package io.colubrid.plugins.vision;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the bodies of this plugin share on a GPU. */
final class VisionLaunch {
  static final String FATBIN = "vision";
  static final int THREADS = 256;
  private static final int WORD_BYTES = 16;
  private static final long MOST_BLOCKS = 1 << 16;

  private VisionLaunch() {}

  static TensorType type(List<@Nullable TensorType> inputs, int index) {
    return requireNonNull(inputs.get(index));
  }

  /** Whether a dtype is one that the kernels know. */
  static boolean known(DType dtype) {
    return dtype == DType.F32 || dtype == DType.BF16;
  }

  static String suffix(DType dtype) {
    return "_" + dtype.name().toLowerCase(Locale.ROOT);
  }

  /** A thread an element, as far as it pays; kernels loop over what is more. */
  static CudaCall.Grid over(long elements) {
    return CudaCall.Grid.of(Math.min(Math.ceilDiv(elements, THREADS), MOST_BLOCKS));
  }

  /** [batch, height, width, channels] as kernels take it, channels in words of some elements. */
  static long[] grid(Shape shape, long word) {
    return new long[] {shape.dim(0), shape.dim(1), shape.dim(2), shape.dim(3) / word};
  }

  /** Elements that go as one word of 16 bytes, where channels are whole words; else 1. */
  static long word(TensorType grid, long... addresses) {
    long word = WORD_BYTES / grid.dtype().bytes();
    boolean whole = grid.shape().dim(3) % word == 0;
    for (long address : addresses) {
      whole &= address % WORD_BYTES == 0;
    }
    return whole ? word : 1;
  }
}
