package io.colubrid.nn;

import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a causal convolution is divided on a GPU: a thread takes some neighbouring channels through a
 * slice of the length. It depends on the shape alone, as gradients are summed over slices.
 */
record ConvGrid(
    DType stream, long batch, long length, long channels, long width, boolean backward) {
  static final int THREADS = 128;
  static final int MOST_WIDTH = 8;
  static final int VECTOR = 4;

  private static final int FAST_WIDTH = 4;
  private static final int ROW_THREADS = 32;
  private static final int SLICES = 4;
  private static final int STEPS = 8;

  /** More would leave memory waiting where threads end. */
  private static final int MOST_STEPS = 32;

  /** Longer slices have fewer parts of gradients to sum. */
  private static final int MOST_STEPS_BACK = 128;

  private static final long MOST_BLOCKS = 65535;

  /** Threads that keep a large GPU busy. */
  private static final long WANTED_THREADS = 1 << 17;

  static ConvGrid forward(List<@Nullable TensorType> inputs) {
    return of(inputs, false);
  }

  static ConvGrid backward(List<@Nullable TensorType> inputs) {
    return of(inputs, true);
  }

  private static ConvGrid of(List<@Nullable TensorType> inputs, boolean backward) {
    TensorType x = Objects.requireNonNull(inputs.get(CausalConv1d.X));
    Shape weight = Objects.requireNonNull(inputs.get(CausalConv1d.WEIGHT)).shape();
    Shape shape = x.shape();
    return new ConvGrid(
        x.dtype(), shape.dim(0), shape.dim(1), shape.dim(2), weight.dim(2), backward);
  }

  /** Channels a thread. */
  int vector(boolean aligned) {
    return aligned && width <= FAST_WIDTH ? VECTOR : 1;
  }

  /** Ends the name of a kernel. */
  String suffix(int vector) {
    int most = width <= FAST_WIDTH ? FAST_WIDTH : MOST_WIDTH;
    return "_%s_%dx%d".formatted(stream.name().toLowerCase(Locale.ROOT), most, vector);
  }

  /** Steps of a slice, a multiple of what kernels take at once; {@link #blocks} fit a grid. */
  long slice() {
    long steps = batch * length * Math.ceilDiv(channels, VECTOR) / WANTED_THREADS;
    long most = backward ? MOST_STEPS_BACK : MOST_STEPS;
    long wanted = Math.clamp(steps / STEPS * STEPS, STEPS, most);
    return Math.max(wanted, Math.ceilDiv(length, SLICES * MOST_BLOCKS * STEPS) * STEPS);
  }

  /** Blocks along the length. */
  long blocks() {
    return Math.ceilDiv(length, slice() * SLICES);
  }

  CudaCall.Grid grid(int vector) {
    long along = Math.ceilDiv(channels, (long) ROW_THREADS * vector);
    return new CudaCall.Grid(along, blocks(), batch);
  }

  /** Every channel once, for a single step. */
  CudaCall.Grid channelGrid(int vector) {
    return new CudaCall.Grid(Math.ceilDiv(channels, (long) THREADS * vector), 1, batch);
  }

  /** Parts of the gradients of weights and bias. */
  long parts() {
    return blocks() * batch;
  }

  long partBytes() {
    return parts() * (width + 1) * channels * Float.BYTES;
  }
}
