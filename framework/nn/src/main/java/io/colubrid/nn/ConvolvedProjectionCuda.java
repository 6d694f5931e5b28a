package io.colubrid.nn;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@link ConvolvedProjection} in one launch: what a lane convolves lies in its registers as the
 * tensor cores want it.
 */
record ConvolvedProjectionCuda(ConvolvedProjection op) implements CudaBody {
  private static final String FATBIN = "convolved_projection";
  private static final int MOST_PARTS = 4;
  private static final long LEAST_WIDTH = 2;
  private static final long MOST_WIDTH = 4;
  private static final long MOST_BLOCKS = Integer.MAX_VALUE;

  /** Elements that kernels read and write at once. */
  private static final int VECTOR = 8;

  private static final int VECTOR_BYTES = 16;

  /**
   * Rows of BF16 and a SiLU, with parameters and tail of the convolution of F32; channels and parts
   * in eights.
   */
  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    Shape x = type(inputs, ConvolvedProjection.X).shape();
    boolean products =
        type(inputs, ConvolvedProjection.X).dtype() == DType.BF16
            && type(inputs, ConvolvedProjection.WEIGHT).dtype() == DType.BF16;
    boolean convolution = op.conv().silu() && !op.conv().reversed();
    for (int i = ConvolvedProjection.CONV_WEIGHT; i <= ConvolvedProjection.TAIL; i++) {
      convolution &= inputs.get(i) == null || type(inputs, i).dtype() == DType.F32;
    }
    long width = width(inputs);
    boolean eights = x.dim(2) > 0 && x.dim(2) % VECTOR == 0;
    for (long extent : op.extents()) {
      eights &= extent > 0 && extent % VECTOR == 0;
    }
    return products
        && convolution
        && eights
        && width >= LEAST_WIDTH
        && width <= MOST_WIDTH
        && x.dim(0) * Math.ceilDiv(x.dim(1), ConvolvedTiling.WARP_STEPS) <= MOST_BLOCKS
        && op.extents().size() <= MOST_PARTS
        && columns(inputs) <= ConvolvedTiling.MOST_COLUMNS;
  }

  private static TensorType type(List<@Nullable TensorType> inputs, int index) {
    return requireNonNull(inputs.get(index));
  }

  private static long width(List<@Nullable TensorType> inputs) {
    return type(inputs, ConvolvedProjection.CONV_WEIGHT).shape().dim(2);
  }

  private static long columns(List<@Nullable TensorType> inputs) {
    return type(inputs, ConvolvedProjection.WEIGHT).shape().dim(0);
  }

  @Override
  public boolean hasBackward() {
    return false;
  }

  @Override
  public void forward(CudaCall call) {
    List<@Nullable TensorType> types = call.inputTypes();
    Shape x = type(types, ConvolvedProjection.X).shape();
    long[] parts = IntStream.rangeClosed(1, op.extents().size()).mapToLong(call::output).toArray();
    long streams =
        LongStream.of(parts).reduce(call.output(0), (a, b) -> a | b)
            | call.input(ConvolvedProjection.X)
            | call.input(ConvolvedProjection.WEIGHT)
            | call.input(ConvolvedProjection.TAIL);
    ConvolvedTiling tiling =
        ConvolvedTiling.of(x, columns(types), streams % VECTOR_BYTES == 0, call.capability());
    call.launchEarly(
        FATBIN,
        FATBIN + "_" + tiling.name(),
        CudaCall.Grid.of(tiling.blocks(x)),
        tiling.threads(),
        tiling.sharedBytes(),
        operands(call, x, parts));
  }

  /** The structure ConvolvedProjection of convolved_projection.cuh. */
  private long[] operands(CudaCall call, Shape x, long[] parts) {
    long[] begin = new long[MOST_PARTS + 1];
    long[] out = new long[MOST_PARTS];
    for (int i = 0; i < parts.length; i++) {
      begin[i + 1] = begin[i] + op.extents().get(i);
      out[i] = parts[i];
    }
    long[] first = {
      call.input(ConvolvedProjection.X),
      call.input(ConvolvedProjection.CONV_WEIGHT),
      call.input(ConvolvedProjection.CONV_BIAS),
      call.input(ConvolvedProjection.WEIGHT),
      call.input(ConvolvedProjection.TAIL),
      call.output(0),
      x.dim(0),
      x.dim(1),
      x.dim(2),
      width(call.inputTypes()),
      columns(call.inputTypes()),
      parts.length
    };
    return Stream.of(first, begin, out).flatMapToLong(LongStream::of).toArray();
  }
}
