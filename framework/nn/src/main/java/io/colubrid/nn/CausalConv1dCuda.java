package io.colubrid.nn;

import io.colubrid.spi.op.ConvolutionStep;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** {@link CausalConv1d} on a GPU, with the last inputs of a channel in registers. */
record CausalConv1dCuda(CausalConv1d conv) implements CudaBody {
  private static final String FORWARD = "causal_conv_forward";
  private static final String BACKWARD = "causal_conv_backward";
  private static final long MOST_ROWS = 65535;
  private static final int SUM_THREADS = 256;

  /** A stream of F32 or BF16; parameters and tails of F32. */
  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    ConvGrid grid = ConvGrid.forward(inputs);
    boolean fits = grid.stream() == DType.F32 || grid.stream() == DType.BF16;
    for (int index : new int[] {CausalConv1d.WEIGHT, CausalConv1d.BIAS, CausalConv1d.TAIL}) {
      TensorType parameter = inputs.get(index);
      fits &= parameter == null || parameter.dtype() == DType.F32;
    }
    return fits
        && grid.width() <= ConvGrid.MOST_WIDTH
        && grid.batch() <= MOST_ROWS
        && grid.blocks() <= MOST_ROWS;
  }

  /** A step of BF16 that stands between no documents. */
  @Override
  public boolean isConvolutionStep(List<@Nullable TensorType> inputs) {
    ConvGrid grid = ConvGrid.forward(inputs);
    return grid.length() == 1
        && grid.stream() == DType.BF16
        && grid.width() <= ConvolutionStep.MOST_WIDTH
        && !conv.reversed()
        && inputs.get(CausalConv1d.SEGMENTS) == null;
  }

  @Override
  public ConvolutionStep convolutionStep(CudaCall call) {
    ConvGrid grid = ConvGrid.forward(call.inputTypes());
    return new ConvolutionStep(
        call.input(CausalConv1d.WEIGHT),
        call.input(CausalConv1d.BIAS),
        call.input(CausalConv1d.TAIL),
        call.output(0),
        grid.batch(),
        grid.channels(),
        grid.width(),
        conv.silu());
  }

  /** The tail that came in, which forward overwrites. */
  @Override
  public List<TensorType> saved(List<@Nullable TensorType> inputs) {
    TensorType tail = inputs.get(CausalConv1d.TAIL);
    return tail == null ? List.of() : List.of(tail);
  }

  @Override
  public boolean backwardReadsInput(int input) {
    return input != CausalConv1d.TAIL;
  }

  @Override
  public long backwardWorkspace(List<@Nullable TensorType> inputs) {
    return ConvGrid.backward(inputs).partBytes();
  }

  @Override
  public void forward(CudaCall call) {
    ConvGrid grid = ConvGrid.forward(call.inputTypes());
    long tail = call.input(CausalConv1d.TAIL);
    long y = call.output(0);
    int vector = grid.vector(aligned(grid, call.input(CausalConv1d.X), y));
    long[] operands = operands(call, grid, tail);
    if (grid.length() == 1 && !call.saves()) {
      String step = "causal_conv_step" + grid.suffix(vector);
      CudaCall.Grid all = grid.channelGrid(vector);
      int ahead = ahead(call) ? 1 : 0;
      call.launchEarly(FORWARD, step, all, ConvGrid.THREADS, 0, operands, tail, y, ahead);
      return;
    }
    launch(call, FORWARD, grid, vector, grid.grid(vector), operands, y);
    if (tail != 0) {
      long kept = call.saves() ? call.saved(0) : 0;
      CudaCall.Grid all = grid.channelGrid(vector);
      launch(call, "causal_conv_tail", grid, vector, all, operands, tail, kept);
    }
  }

  @Override
  public void backward(CudaCall call) {
    ConvGrid grid = ConvGrid.backward(call.inputTypes());
    long parts = call.workspace();
    long dy = call.outputGradient(0);
    long dx = call.inputGradient(CausalConv1d.X);
    int vector = grid.vector(aligned(grid, call.input(CausalConv1d.X), dy, dx));
    long tail = call.hasInput(CausalConv1d.TAIL) ? call.saved(0) : 0;
    long[] operands = operands(call, grid, tail);
    long[] gradients = {dy, dx, call.inputGradient(CausalConv1d.TAIL), parts};
    String kernel = BACKWARD + grid.suffix(vector);
    CudaCall.Grid blocks = grid.grid(vector);
    call.launch(BACKWARD, kernel, blocks, ConvGrid.THREADS, 0, operands, gradients);
    call.launch(
        BACKWARD,
        "causal_conv_parameters",
        CudaCall.Grid.of(Math.ceilDiv((grid.width() + 1) * grid.channels(), SUM_THREADS)),
        SUM_THREADS,
        0,
        parts,
        call.inputGradient(CausalConv1d.WEIGHT),
        call.inputGradient(CausalConv1d.BIAS),
        grid.parts(),
        grid.width(),
        grid.channels());
  }

  private static boolean ahead(CudaCall call) {
    return IntStream.of(
            CausalConv1d.WEIGHT, CausalConv1d.BIAS, CausalConv1d.TAIL, CausalConv1d.SEGMENTS)
        .allMatch(call::stands);
  }

  private static void launch(
      CudaCall call,
      String kernel,
      ConvGrid grid,
      int vector,
      CudaCall.Grid blocks,
      Object... arguments) {
    String name = kernel + grid.suffix(vector);
    call.launch(FORWARD, name, blocks, ConvGrid.THREADS, 0, arguments);
  }

  /** Whether all rows of channels can be read a vector at a time. */
  private static boolean aligned(ConvGrid grid, long... addresses) {
    long bytes = (long) ConvGrid.VECTOR * grid.stream().bytes();
    long all = LongStream.of(addresses).reduce(0, (a, b) -> a | b);
    return (all | grid.channels() * grid.stream().bytes()) % bytes == 0;
  }

  /** The structure Conv of conv.cuh. */
  private long[] operands(CudaCall call, ConvGrid grid, long tail) {
    return new long[] {
      call.input(CausalConv1d.X),
      call.input(CausalConv1d.WEIGHT),
      call.input(CausalConv1d.BIAS),
      tail,
      call.input(CausalConv1d.SEGMENTS),
      grid.length(),
      grid.channels(),
      grid.width(),
      grid.slice(),
      conv.silu() ? 1 : 0,
      conv.reversed() ? 1 : 0
    };
  }
}
