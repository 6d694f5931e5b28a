package io.colubrid.plugins.mamba2ssd;

import io.colubrid.plugins.mamba2ssd.SsdCudaArguments.Word;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.op.CudaCall.Grid;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@link Ssd} on a GPU: states from chunk to chunk, then all chunks at once as products of matrices
 * on the tensor cores. Backward finds the states again, since they cost less than they take.
 */
record SsdCuda(Ssd op) implements CudaBody {
  private static final String FORWARD = "ssd_forward";
  private static final String BACKWARD = "ssd_backward";
  private static final String STEP = "ssd_step";
  private static final int MOST_STATES = 256;
  private static final int CHANNELS_OF_STEP = 16;

  /** Launches of the kernels that take states from chunk to chunk; see their Pass. */
  private static final int ALONE = 0;

  private static final int FIRST = 1;
  private static final int SECOND = 2;

  /** Streams of F32 or BF16, all of one kind; parameters and states of F32. */
  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    DType stream = stream(inputs);
    TensorType state = inputs.get(Ssd.STATE);
    return (stream == DType.F32 || stream == DType.BF16)
        && Objects.requireNonNull(inputs.get(Ssd.DELTA)).dtype() == stream
        && (state == null || state.dtype() == DType.F32)
        && op.states() <= MOST_STATES;
  }

  private static DType stream(List<@Nullable TensorType> inputs) {
    return Objects.requireNonNull(inputs.get(Ssd.XBC)).dtype();
  }

  private SsdCudaPlan plan(List<@Nullable TensorType> inputs, boolean backward) {
    return new SsdCudaPlan(SsdShape.of(op, inputs), stream(inputs), backward);
  }

  /** The state that came in, which forward overwrites. */
  @Override
  public List<TensorType> saved(List<@Nullable TensorType> inputs) {
    TensorType state = inputs.get(Ssd.STATE);
    return state == null ? List.of() : List.of(state);
  }

  @Override
  public boolean backwardReadsInput(int input) {
    return input != Ssd.STATE;
  }

  @Override
  public long forwardWorkspace(List<@Nullable TensorType> inputs) {
    return plan(inputs, false).bytes();
  }

  @Override
  public long backwardWorkspace(List<@Nullable TensorType> inputs) {
    return plan(inputs, true).bytes();
  }

  @Override
  public void forward(CudaCall call) {
    SsdCudaPlan plan = plan(call.inputTypes(), false);
    SsdShape shape = plan.shape();
    SsdCudaArguments arguments = new SsdCudaArguments(plan, call);
    boolean carried = call.hasInput(Ssd.STATE);
    arguments.set(Word.Y, call.output(0));
    if (carried) {
      arguments.set(Word.STATE_IN, call.input(Ssd.STATE));
      arguments.set(Word.STATE_OUT, call.output(1));
    }
    if (shape.length() == 1 && carried && !call.saves()) {
      step(call, shape, arguments.array());
      return;
    }
    if (carried && call.saves()) {
      keepState(call, shape);
    }
    states(call, plan, arguments.array());
    launch(
        call,
        FORWARD,
        "ssd_outputs",
        new Grid(plan.chunks(), plan.blocks(), shape.batch()),
        2 * plan.chunk(),
        plan.outputsShared(),
        arguments.array());
  }

  private void step(CudaCall call, SsdShape shape, long[] arguments) {
    String kernel = shape.states() % 4 == 0 ? "ssd_step4" : "ssd_step";
    long channels = Math.ceilDiv(shape.headDim(), CHANNELS_OF_STEP);
    Grid grid = new Grid((long) shape.batch() * shape.heads(), channels, 1);
    launch(call, STEP, kernel, grid, 128, 0, arguments, min(), max());
  }

  private static void keepState(CudaCall call, SsdShape shape) {
    long elements = shape.batch() * (long) shape.heads() * shape.stateOfHead();
    call.launch(
        FORWARD,
        "ssd_copy_f32",
        Grid.of(Math.clamp(Math.ceilDiv(elements, 256L), 0, 1024)),
        256,
        0,
        call.input(Ssd.STATE),
        call.saved(0),
        elements);
  }

  /** Step sizes, and states before each chunk. */
  private void states(CudaCall call, SsdCudaPlan plan, long[] arguments) {
    Grid grid = new Grid(plan.chunks(), plan.shape().batch(), 1);
    launch(call, FORWARD, "ssd_prepare", grid, 256, 0, arguments, min(), max());
    scan(call, plan, FORWARD, "ssd_states", "ssd_segments", arguments);
  }

  private static void scan(
      CudaCall call,
      SsdCudaPlan plan,
      String fatbin,
      String states,
      String segments,
      long[] arguments) {
    long tiles = (long) plan.tiledHeads() * plan.stateTiles();
    Grid grid = new Grid(tiles, plan.segments(), plan.shape().batch());
    int shared = plan.statesShared();
    if (plan.segments() == 1) {
      launch(call, fatbin, states, grid, 128, shared, arguments, ALONE);
      return;
    }
    launch(call, fatbin, states, grid, 128, shared, arguments, FIRST);
    Grid once = new Grid(tiles, 1, plan.shape().batch());
    launch(call, fatbin, segments, once, 128, 0, arguments);
    launch(call, fatbin, states, grid, 128, shared, arguments, SECOND);
  }

  @Override
  public void backward(CudaCall call) {
    SsdCudaPlan plan = plan(call.inputTypes(), true);
    SsdShape shape = plan.shape();
    SsdCudaArguments arguments = new SsdCudaArguments(plan, call);
    if (call.hasInput(Ssd.STATE)) {
      arguments.set(Word.STATE_IN, call.saved(0));
    }
    states(call, plan, arguments.array());
    arguments.gradients();
    if (call.hasInput(Ssd.STATE)) {
      arguments.set(Word.STATE_OUT, call.inputGradient(Ssd.STATE));
    }
    long[] all = arguments.array();
    scan(call, plan, BACKWARD, "ssd_grad_states", "ssd_grad_segments", all);
    Grid chunks = new Grid(plan.chunks(), plan.blocks(), shape.batch());
    launch(call, BACKWARD, "ssd_grad_x", chunks, 128, plan.gradXShared(), all);
    Grid tiles = new Grid(plan.chunks(), 2L * shape.groups() * plan.stateTiles(), shape.batch());
    launch(call, BACKWARD, "ssd_grad_shared", tiles, 128, plan.gradSharedShared(), all);
    Grid rows = new Grid(plan.chunks(), shape.batch(), 1);
    launch(call, BACKWARD, "ssd_grad_steps", rows, 256, 0, all, min(), max());
    launch(call, BACKWARD, "ssd_grad_heads", new Grid(shape.heads(), 3, 1), 128, 0, all);
  }

  private float min() {
    return (float) op.minStep();
  }

  private float max() {
    return (float) op.maxStep();
  }

  private static void launch(
      CudaCall call,
      String fatbin,
      String kernel,
      Grid grid,
      int threads,
      int shared,
      Object... arguments) {
    String name = kernel + "_" + stream(call.inputTypes()).name().toLowerCase(Locale.ROOT);
    call.launch(fatbin, name, grid, threads, shared, arguments);
  }
}
