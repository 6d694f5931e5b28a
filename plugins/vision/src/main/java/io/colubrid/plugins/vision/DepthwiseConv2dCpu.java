package io.colubrid.plugins.vision;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@link DepthwiseConv2d} on the CPU. Vectors run over channels, so weights are turned over to one
 * row of channels a tap first. The gradient of x is a convolution as well, by the taps in reverse
 * order.
 */
final class DepthwiseConv2dCpu implements CpuBody {
  static final DepthwiseConv2dCpu BODY = new DepthwiseConv2dCpu();
  private static final long ELEMENTS_WORTH_A_THREAD = 1 << 12;

  private DepthwiseConv2dCpu() {}

  private static Shape shape(List<@Nullable TensorType> inputs, int index) {
    return Objects.requireNonNull(inputs.get(index)).shape();
  }

  /** Bytes of the weights. */
  private static long taps(List<@Nullable TensorType> inputs) {
    return Float.BYTES * shape(inputs, DepthwiseConv2d.WEIGHT).elements();
  }

  private static long biases(List<@Nullable TensorType> inputs) {
    return Float.BYTES * shape(inputs, DepthwiseConv2d.X).dim(3);
  }

  @Override
  public boolean backwardReadsInput(int input) {
    return input != DepthwiseConv2d.BIAS;
  }

  @Override
  public long forwardWorkspace(List<@Nullable TensorType> inputs, int threads) {
    return taps(inputs);
  }

  /** Weights, and an image's share of the gradients of weights and bias. */
  @Override
  public long backwardWorkspace(List<@Nullable TensorType> inputs, int threads) {
    long images = shape(inputs, DepthwiseConv2d.X).dim(0);
    return taps(inputs) + images * (taps(inputs) + biases(inputs));
  }

  @Override
  public void forward(CpuCall call) {
    turnWeights(call, false);
    boolean biased = call.hasInput(DepthwiseConv2d.BIAS);
    MemorySegment bias = biased ? call.input(DepthwiseConv2d.BIAS) : MemorySegment.NULL;
    convolve(call, call.input(DepthwiseConv2d.X), bias, call.output(0));
  }

  @Override
  public void backward(CpuCall call) {
    MemorySegment dy = call.outputGradient(0);
    if (call.wantsGradient(DepthwiseConv2d.X)) {
      turnWeights(call, true);
      convolve(call, dy, MemorySegment.NULL, call.inputGradient(DepthwiseConv2d.X));
    }
    boolean biased = call.hasInput(DepthwiseConv2d.BIAS);
    if (call.wantsGradient(DepthwiseConv2d.WEIGHT)
        || (biased && call.wantsGradient(DepthwiseConv2d.BIAS))) {
      gatherWeights(call, dy);
    }
  }

  private static GridLoopsCpu loops(CpuCall call) {
    Shape weight = shape(call.inputTypes(), DepthwiseConv2d.WEIGHT);
    return GridLoopsCpu.of(
        shape(call.inputTypes(), DepthwiseConv2d.X), Math.toIntExact(weight.dim(2)));
  }

  private static void convolve(CpuCall call, MemorySegment x, MemorySegment bias, MemorySegment y) {
    GridLoopsCpu loops = loops(call);
    MemorySegment weights = call.workspace();
    call.parallel()
        .forEachRange(
            (long) loops.batch() * loops.height(),
            Math.ceilDiv(ELEMENTS_WORTH_A_THREAD, (long) loops.width() * loops.channels()),
            (from, to) -> {
              for (long row = from; row < to; row++) {
                loops.convolveRow(Math.toIntExact(row), x, weights, bias, y);
              }
            });
  }

  /** Writes weights [channels, taps] as [taps, channels]. */
  private static void turnWeights(CpuCall call, boolean reversed) {
    MemorySegment from = call.input(DepthwiseConv2d.WEIGHT);
    MemorySegment to = call.workspace();
    Shape weight = shape(call.inputTypes(), DepthwiseConv2d.WEIGHT);
    long channels = weight.dim(0);
    long taps = weight.product(1, 4);
    for (long d = 0; d < channels; d++) {
      for (long tap = 0; tap < taps; tap++) {
        long at = reversed ? taps - 1 - tap : tap;
        to.setAtIndex(JAVA_FLOAT, at * channels + d, from.getAtIndex(JAVA_FLOAT, d * taps + tap));
      }
    }
  }

  private static void gatherWeights(CpuCall call, MemorySegment dy) {
    GridLoopsCpu loops = loops(call);
    MemorySegment x = call.input(DepthwiseConv2d.X);
    long first = taps(call.inputTypes());
    MemorySegment parts = call.workspace().asSlice(first);
    long image = (first + biases(call.inputTypes())) / Float.BYTES;
    call.parallel()
        .forEachRange(
            loops.batch(),
            1,
            (from, to) -> {
              for (long b = from; b < to; b++) {
                loops.gather((int) b, x, dy, parts, b * image);
              }
            });
    reduce(call, loops, parts, image);
  }

  /** Adds the images' shares up, in their order. */
  private static void reduce(CpuCall call, GridLoopsCpu loops, MemorySegment parts, long image) {
    int taps = loops.size() * loops.size();
    int channels = loops.channels();
    if (call.wantsGradient(DepthwiseConv2d.WEIGHT)) {
      MemorySegment out = call.inputGradient(DepthwiseConv2d.WEIGHT);
      for (int d = 0; d < channels; d++) {
        for (int tap = 0; tap < taps; tap++) {
          float sum = sum(parts, (long) tap * channels + d, image, loops.batch());
          out.setAtIndex(JAVA_FLOAT, (long) d * taps + tap, sum);
        }
      }
    }
    if (call.hasInput(DepthwiseConv2d.BIAS) && call.wantsGradient(DepthwiseConv2d.BIAS)) {
      MemorySegment out = call.inputGradient(DepthwiseConv2d.BIAS);
      for (int d = 0; d < channels; d++) {
        out.setAtIndex(JAVA_FLOAT, d, sum(parts, (long) taps * channels + d, image, loops.batch()));
      }
    }
  }

  private static float sum(MemorySegment parts, long at, long stride, int count) {
    float sum = 0;
    for (int i = 0; i < count; i++) {
      sum += parts.getAtIndex(JAVA_FLOAT, at + i * stride);
    }
    return sum;
  }
}
