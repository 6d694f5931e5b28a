package io.colubrid.plugins.vision;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@link DepthwiseConv2d} on a GPU. The gradient of x is a convolution by the taps in reverse;
 * those of weights and bias are summed over chunks of positions first, then over the chunks.
 */
final class DepthwiseConv2dCuda implements CudaBody {
  static final DepthwiseConv2dCuda BODY = new DepthwiseConv2dCuda();

  private static final int LANES = 32;
  private static final int ROWS = 8;
  private static final long MOST_BLOCKS = 4096;
  private static final long LEAST_CHUNK = 256;
  private static final long MOST_CHUNKS = 512;

  /** The size that has kernels of its own. */
  private static final long USUAL_SIZE = 3;

  private DepthwiseConv2dCuda() {}

  /** The grid of F32 or BF16, weights and bias of F32. */
  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    TensorType bias = inputs.get(DepthwiseConv2d.BIAS);
    return VisionLaunch.known(VisionLaunch.type(inputs, DepthwiseConv2d.X).dtype())
        && VisionLaunch.type(inputs, DepthwiseConv2d.WEIGHT).dtype() == DType.F32
        && (bias == null || bias.dtype() == DType.F32);
  }

  @Override
  public boolean backwardReadsInput(int input) {
    return input != DepthwiseConv2d.BIAS;
  }

  /** A share of the gradients of weights and bias for every chunk. */
  @Override
  public long backwardWorkspace(List<@Nullable TensorType> inputs) {
    Shape weight = VisionLaunch.type(inputs, DepthwiseConv2d.WEIGHT).shape();
    return chunks(inputs) * (weight.elements() + weight.dim(0)) * Float.BYTES;
  }

  private static long positions(List<@Nullable TensorType> inputs) {
    return VisionLaunch.type(inputs, DepthwiseConv2d.X).shape().product(0, 3);
  }

  private static long chunk(List<@Nullable TensorType> inputs) {
    return Math.max(LEAST_CHUNK, Math.ceilDiv(positions(inputs), MOST_CHUNKS));
  }

  private static long chunks(List<@Nullable TensorType> inputs) {
    return Math.ceilDiv(positions(inputs), chunk(inputs));
  }

  @Override
  public void forward(CudaCall call) {
    long bias = call.input(DepthwiseConv2d.BIAS);
    convolve(call, false, call.input(DepthwiseConv2d.X), bias, call.output(0));
  }

  @Override
  public void backward(CudaCall call) {
    if (call.wantsGradient(DepthwiseConv2d.X)) {
      convolve(call, true, call.outputGradient(0), 0, call.inputGradient(DepthwiseConv2d.X));
    }
    long weight = call.inputGradient(DepthwiseConv2d.WEIGHT);
    long bias = call.inputGradient(DepthwiseConv2d.BIAS);
    if (weight != 0 || bias != 0) {
      weightGradients(call, weight, bias);
    }
  }

  private static long size(CudaCall call) {
    return VisionLaunch.type(call.inputTypes(), DepthwiseConv2d.WEIGHT).shape().dim(2);
  }

  private static void convolve(CudaCall call, boolean reversed, long from, long bias, long to) {
    TensorType x = VisionLaunch.type(call.inputTypes(), DepthwiseConv2d.X);
    long channels = x.shape().dim(3);
    long pair = 2L * x.dtype().bytes();
    int word = channels % 2 == 0 && (from | to) % pair == 0 ? 2 : 1;
    long size = size(call);
    call.launch(
        VisionLaunch.FATBIN,
        "convolve%s_%d_%d"
            .formatted(VisionLaunch.suffix(x.dtype()), word, size == USUAL_SIZE ? USUAL_SIZE : 0),
        new CudaCall.Grid(
            Math.ceilDiv(channels, (long) LANES * word),
            Math.min(MOST_BLOCKS, Math.ceilDiv(positions(call.inputTypes()), ROWS)),
            1),
        LANES * ROWS,
        0,
        from,
        call.input(DepthwiseConv2d.WEIGHT),
        bias,
        to,
        VisionLaunch.grid(x.shape(), 1),
        (int) size,
        reversed ? 1 : 0);
  }

  private static void weightGradients(CudaCall call, long weight, long bias) {
    TensorType x = VisionLaunch.type(call.inputTypes(), DepthwiseConv2d.X);
    long channels = x.shape().dim(3);
    int taps = (int) (size(call) * size(call));
    long chunks = chunks(call.inputTypes());
    call.launch(
        VisionLaunch.FATBIN,
        "convolution_parts" + VisionLaunch.suffix(x.dtype()),
        new CudaCall.Grid(Math.ceilDiv(channels, LANES), chunks, taps + 1),
        LANES * ROWS,
        0,
        call.input(DepthwiseConv2d.X),
        call.outputGradient(0),
        call.workspace(),
        VisionLaunch.grid(x.shape(), 1),
        (int) size(call),
        chunk(call.inputTypes()));
    call.launch(
        VisionLaunch.FATBIN,
        "convolution_sums",
        VisionLaunch.over((taps + 1) * channels),
        VisionLaunch.THREADS,
        0,
        call.workspace(),
        weight,
        bias,
        channels,
        taps,
        chunks);
  }
}
