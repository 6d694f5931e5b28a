package io.colubrid.nn;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * {@link SelectiveScan} on a GPU: a channel's states lie over neighbouring lanes, time in tiles.
 */
record SelectiveScanCuda(SelectiveScan scan) implements CudaBody {
  private static final long VECTOR_BYTES = 16;
  private static final int STATE_VECTOR = 4;
  private static final long MOST_ROWS = 65535;
  private static final int SUM_THREADS = 256;
  private static final long MOST_SUM_BLOCKS = 1 << 14;

  private static final int[] STREAMS = {
    SelectiveScan.DELTA, SelectiveScan.B, SelectiveScan.C, SelectiveScan.GATE
  };
  private static final int[] PARAMETERS = {
    SelectiveScan.A_LOG, SelectiveScan.SKIP, SelectiveScan.DELTA_BIAS
  };

  /**
   * Streams of F32 or BF16, all of one kind; parameters and states of F32. A single step takes
   * states of BF16 as well.
   */
  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    ScanGrid grid = ScanGrid.forward(inputs);
    boolean fits = grid.stream() == DType.F32 || grid.stream() == DType.BF16;
    for (int index : STREAMS) {
      fits &= isOf(grid.stream(), inputs.get(index));
    }
    for (int index : PARAMETERS) {
      fits &= isOf(DType.F32, inputs.get(index));
    }
    TensorType state = inputs.get(SelectiveScan.STATE);
    fits &= isOf(DType.F32, state) || (grid.length() == 1 && RoundedState.is(state));
    return fits && grid.states() <= ScanGrid.MOST_STATES && grid.batch() <= MOST_ROWS;
  }

  @Override
  public int wholeState(List<@Nullable TensorType> inputs) {
    return inputs.get(SelectiveScan.STATE) == null ? -1 : SelectiveScan.STATE;
  }

  /** Rounded states are for generation. */
  @Override
  public boolean hasBackward(List<@Nullable TensorType> inputs) {
    return !RoundedState.is(inputs.get(SelectiveScan.STATE));
  }

  private static boolean isOf(DType dtype, @Nullable TensorType type) {
    return type == null || type.dtype() == dtype;
  }

  /** The states at the beginning of each tile, [tiles, batch, channels, states]. */
  @Override
  public List<TensorType> saved(List<@Nullable TensorType> inputs) {
    ScanGrid grid = ScanGrid.forward(inputs);
    Shape states = Shape.of(grid.tiles(), grid.batch(), grid.channels(), grid.states());
    return List.of(new TensorType(DType.F32, states));
  }

  @Override
  public boolean backwardReadsInput(int input) {
    return input != SelectiveScan.STATE;
  }

  @Override
  public long forwardWorkspace(List<@Nullable TensorType> inputs) {
    return ScanScratch.bytes(ScanGrid.forward(inputs));
  }

  @Override
  public long backwardWorkspace(List<@Nullable TensorType> inputs) {
    return ScanScratch.bytes(ScanGrid.backward(inputs));
  }

  @Override
  public void forward(CudaCall call) {
    ScanGrid grid = ScanGrid.forward(call.inputTypes());
    long state = call.input(SelectiveScan.STATE);
    long y = call.output(0);
    long[] operands = operands(call, grid, y);
    if (grid.length() == 1 && !call.saves()) {
      step(call, "selective_scan_step", grid, operands, state, y, ahead(call));
      return;
    }
    String fatbin = "selective_scan_forward_" + grid.dtype();
    ScanScratch scratch = new ScanScratch(grid, call.workspace());
    if (grid.chunks() > 1) {
      String kernel = "selective_scan_ends" + grid.suffix();
      launch(
          call, fatbin, kernel, grid.endsGrid(), 0, operands, state, scratch.ends, scratch.spans);
    }
    long[] results = {state, scratch.ends, scratch.spans, y, call.saves() ? call.saved(0) : 0};
    String kernel = "selective_scan_forward" + grid.suffix();
    launch(call, fatbin, kernel, grid.grid(), 0, operands, results);
  }

  /** Launches a kernel for a single step, for the type of the state. */
  static void step(CudaCall call, String kernel, ScanGrid grid, Object... arguments) {
    boolean rounded = RoundedState.is(call.inputTypes().get(SelectiveScan.STATE));
    String name = kernel + (rounded ? "_half" : "") + grid.suffix();
    call.launchEarly("selective_scan_step", name, grid.grid(), ScanGrid.THREADS, 0, arguments);
  }

  /** Whether a step may read state and parameters, and others, before its predecessor has ended. */
  static int ahead(CudaCall call, int... others) {
    boolean ahead =
        IntStream.concat(
                IntStream.concat(IntStream.of(PARAMETERS), IntStream.of(SelectiveScan.STATE)),
                IntStream.of(others))
            .allMatch(call::stands);
    return ahead ? 1 : 0;
  }

  @Override
  public void backward(CudaCall call) {
    ScanGrid grid = ScanGrid.backward(call.inputTypes());
    ScanScratch scratch = new ScanScratch(grid, call.workspace());
    String fatbin = "selective_scan_backward_" + grid.dtype();
    long dy = call.outputGradient(0);
    long du = call.inputGradient(SelectiveScan.U);
    long ddelta = call.inputGradient(SelectiveScan.DELTA);
    long dgate = call.inputGradient(SelectiveScan.GATE);
    long[] operands = operands(call, grid, dy, du, ddelta, dgate);
    if (grid.chunks() > 1) {
      String kernel = "selective_scan_adjoint_ends" + grid.suffix();
      launch(call, fatbin, kernel, grid.endsGrid(), 0, operands, dy, scratch.ends, scratch.spans);
    }
    long[] results = {
      dy,
      call.saved(0),
      scratch.ends,
      scratch.spans,
      du,
      ddelta,
      dgate,
      call.inputGradient(SelectiveScan.STATE),
      scratch.b,
      scratch.c,
      scratch.a,
      scratch.skip,
      scratch.bias
    };
    String kernel = "selective_scan_backward" + grid.suffix();
    int shared = grid.backwardSharedBytes();
    launch(call, fatbin, kernel, grid.grid(), shared, operands, results);
    sumParts(call, grid, scratch);
  }

  /** The structure Scan of scan.cuh. */
  long[] operands(CudaCall call, ScanGrid grid, long... others) {
    long[] addresses = LongStream.range(0, 10).map(i -> call.input((int) i)).toArray();
    long streams = LongStream.of(others).reduce(0, (a, b) -> a | b);
    streams |= addresses[SelectiveScan.U] | addresses[SelectiveScan.DELTA];
    streams |= addresses[SelectiveScan.GATE] | grid.channels() * grid.stream().bytes();
    boolean channelVectors = streams % VECTOR_BYTES == 0;
    long weights = addresses[SelectiveScan.B] | addresses[SelectiveScan.C];
    boolean stateVectors = weights % VECTOR_BYTES == 0 && grid.states() % STATE_VECTOR == 0;
    return new long[] {
      addresses[SelectiveScan.U],
      addresses[SelectiveScan.DELTA],
      addresses[SelectiveScan.A_LOG],
      addresses[SelectiveScan.B],
      addresses[SelectiveScan.C],
      addresses[SelectiveScan.SKIP],
      addresses[SelectiveScan.GATE],
      addresses[SelectiveScan.DELTA_BIAS],
      addresses[SelectiveScan.SEGMENTS],
      grid.length(),
      grid.channels(),
      grid.states(),
      grid.chunk(),
      scan.softplus() ? 1 : 0,
      scan.reversed() ? 1 : 0,
      channelVectors ? 1 : 0,
      stateVectors ? 1 : 0
    };
  }

  private static void launch(
      CudaCall call,
      String fatbin,
      String kernel,
      CudaCall.Grid grid,
      int shared,
      Object... arguments) {
    call.launch(fatbin, kernel, grid, ScanGrid.THREADS, shared, arguments);
  }

  private static void sumParts(CudaCall call, ScanGrid grid, ScanScratch scratch) {
    long rows = grid.batch() * grid.chunks();
    long states = grid.channels() * grid.states();
    String weights = "selective_scan_weights_" + grid.dtype();
    sum(call, weights, SelectiveScan.B, grid.weights(), scratch.b, grid.blocks());
    sum(call, weights, SelectiveScan.C, grid.weights(), scratch.c, grid.blocks());
    sumParameter(call, SelectiveScan.A_LOG, states, scratch.a, rows);
    sumParameter(call, SelectiveScan.SKIP, grid.channels(), scratch.skip, rows);
    sumParameter(call, SelectiveScan.DELTA_BIAS, grid.channels(), scratch.bias, rows);
  }

  private static void sum(
      CudaCall call, String kernel, int input, long elements, long from, long parts) {
    if (call.wantsGradient(input)) {
      CudaCall.Grid grid = sumGrid(elements);
      Object[] arguments = {from, call.inputGradient(input), parts, elements};
      call.launch("selective_scan_gradients", kernel, grid, SUM_THREADS, 0, arguments);
    }
  }

  private static void sumParameter(CudaCall call, int input, long elements, long from, long parts) {
    if (call.wantsGradient(input)) {
      long aLog = input == SelectiveScan.A_LOG ? call.input(input) : 0;
      Object[] arguments = {from, aLog, call.inputGradient(input), parts, elements};
      String kernel = "selective_scan_parameters";
      CudaCall.Grid grid = sumGrid(elements);
      call.launch("selective_scan_gradients", kernel, grid, SUM_THREADS, 0, arguments);
    }
  }

  private static CudaCall.Grid sumGrid(long elements) {
    return CudaCall.Grid.of(Math.min(MOST_SUM_BLOCKS, Math.ceilDiv(elements, SUM_THREADS)));
  }
}
