package io.colubrid.plugins.mamba2ssd;

import io.colubrid.nn.RoundedState;
import io.colubrid.plugins.mamba2ssd.SsdCudaArguments.Word;
import io.colubrid.plugins.mamba2ssd.SsdCudaPlan.Pass;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.op.CudaCall.Grid;
import io.colubrid.spi.op.GatedRows;
import io.colubrid.spi.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** The launches of one pass of a recurrence. */
final class SsdCudaLaunches {
  private static final String FORWARD = "ssd_forward";
  private static final String BACKWARD = "ssd_backward";
  private static final String HOPPER = "ssd_hopper";
  private static final String STEP = "ssd_step";
  private static final int THREADS = 128;
  private static final int WARP = 32;
  private static final int ALIGNMENT = 16;

  /** Channels a thread of a single step, or a warp, and lanes that there are for their ends. */
  private static final int STEP_ROWS = 4;

  /** Below so many times what a block has at a time, a thread takes a single channel. */
  private static final long FEW_CHANNELS = 2112;

  /** Neighbouring states a lane of a single step. */
  private static final int STATES_OF_LANE = 8;

  private final Ssd op;
  private final CudaCall call;
  private final SsdCudaPlan plan;
  private final SsdShape shape;
  private final SsdCudaArguments arguments;
  private final boolean carried;

  SsdCudaLaunches(Ssd op, CudaCall call, SsdCudaPlan plan) {
    this.op = op;
    this.call = call;
    this.plan = plan;
    shape = plan.shape();
    arguments = new SsdCudaArguments(plan, call);
    carried = call.hasInput(Ssd.STATE);
  }

  void forward() {
    arguments.set(Word.Y, call.output(0));
    if (carried) {
      arguments.set(Word.STATE_IN, call.input(Ssd.STATE));
      arguments.set(Word.STATE_OUT, call.output(1));
    }
    if (shape.length() == 1 && carried && !call.saves()) {
      step();
      return;
    }
    if (carried && call.saves()) {
      keepState();
    }
    if (plan.pass() == Pass.RECURRENCE) {
      recurrence();
      return;
    }
    states();
    Grid grid = new Grid(plan.chunks(), plan.blocks(), shape.batch());
    launchRows(FORWARD, "ssd_outputs", grid, 2 * plan.chunk(), plan.outputsShared());
  }

  /** Whether rows lie so that the copy engine can take them. */
  boolean aligned() {
    return arguments.aligned() && call.output(0) % 16 == 0;
  }

  /** States and outputs in one pass, each segment of it given what the ones before leave. */
  private void recurrence() {
    Grid chunks = new Grid(plan.chunks(), shape.groups(), shape.batch());
    float min = (float) op.minStep();
    float max = (float) op.maxStep();
    int room = plan.scoresShared();
    call.launchEarly(HOPPER, "ssd_prepare_scores", chunks, 2 * THREADS, room, words(), min, max);
    findSegments(FORWARD, "ssd_", plan.statesShared());
    Grid grid = new Grid(plan.blocks(), plan.segments(), shape.batch());
    int threads = (plan.blockHeads() + 1) * THREADS;
    int shared = plan.recurrenceShared();
    String kernel = plan.weighsAhead() ? "ssd_recurrence_ahead_bf16" : "ssd_recurrence_bf16";
    call.launchEarly(HOPPER, kernel, grid, threads, shared, words(), plan.stages());
  }

  /** Lanes that share a channel's states, eight on each. */
  private int lanesOfStep() {
    return shape.states() / STATES_OF_LANE;
  }

  /** Whether states can be taken by eights. */
  private boolean takesEights() {
    return shape.states() % STATES_OF_LANE == 0
        && Integer.bitCount(lanesOfStep()) == 1
        && lanesOfStep() <= WARP
        && arguments.aligned()
        && call.output(1) % ALIGNMENT == 0;
  }

  /** Channels that a block takes at a time. */
  private int together() {
    return THREADS / (takesEights() ? lanesOfStep() : WARP);
  }

  /** Channels a thread. */
  private int rowsOfStep() {
    long channels = (long) shape.batch() * shape.heads() * shape.headDim();
    boolean few = channels < FEW_CHANNELS * together() || lanesOfStep() < STEP_ROWS;
    return takesEights() && few ? 1 : STEP_ROWS;
  }

  private long blocksOfHead() {
    return Math.ceilDiv(shape.headDim(), rowsOfStep() * together());
  }

  /** Sums of squares of a row, one a block. */
  long gatedSums() {
    arguments.set(Word.Y, call.output(0));
    return takesEights() ? shape.heads() * blocksOfHead() : 0;
  }

  private void step() {
    long state = call.output(1);
    String type = (RoundedState.is(call.inputTypes().get(Ssd.STATE)) ? "_half" : "") + dtype();
    Grid grid = new Grid((long) shape.batch() * shape.heads(), blocksOfHead(), 1);
    float min = (float) op.minStep();
    float max = (float) op.maxStep();
    if (!takesEights()) {
      call.launchEarly(STEP, "ssd_step" + type, grid, THREADS, 0, words(), state, min, max);
      return;
    }
    GatedRows gated = call.gatedRows();
    String name = "ssd_step8x" + rowsOfStep() + (gated == null ? "" : "_gated") + type;
    boolean ahead = standsAhead() && (gated == null || gated.weightStands());
    List<Object> all =
        new ArrayList<>(List.of(words(), state, min, max, lanesOfStep(), ahead ? 1 : 0));
    if (gated != null) {
      all.add(gated.words());
    }
    call.launchEarly(STEP, name, grid, THREADS, 0, all.toArray());
  }

  /** Whether what a step reads beside the streams is there before the predecessor has ended. */
  private boolean standsAhead() {
    return IntStream.of(Ssd.A_LOG, Ssd.SKIP, Ssd.DELTA_BIAS, Ssd.STATE).allMatch(call::stands);
  }

  /** The state that came in, which backward begins with. */
  private void keepState() {
    long elements = shape.batch() * (long) shape.heads() * shape.stateOfHead();
    Grid grid = Grid.of(Math.clamp(Math.ceilDiv(elements, 256L), 0, 1024));
    long from = call.input(Ssd.STATE);
    call.launch(FORWARD, "ssd_copy_f32", grid, 256, 0, from, call.saved(0), elements);
  }

  private void prepare() {
    launchSteps(FORWARD, "ssd_prepare", new Grid(plan.chunks(), shape.batch(), 1), 256);
  }

  /** Step sizes, and states before each chunk. */
  private void states() {
    prepare();
    scan(FORWARD, "ssd_", plan.statesShared());
  }

  private void scan(String fatbin, String prefix, int shared) {
    findSegments(fatbin, prefix, shared);
    launchRows(fatbin, prefix + "states", tilesOfStates(plan.segments()), THREADS, shared);
  }

  private Grid tilesOfStates(int segments) {
    return new Grid((long) plan.tiledHeads() * plan.stateTiles(), segments, shape.batch());
  }

  /** States before each segment, where there are several. */
  private void findSegments(String fatbin, String prefix, int shared) {
    if (plan.segments() > 1) {
      launchRows(fatbin, prefix + "ends", tilesOfStates(plan.segments()), THREADS, shared);
      Grid once = tilesOfStates(1);
      call.launch(fatbin, prefix + "segments" + dtype(), once, THREADS, 0, words());
    }
  }

  void backward() {
    if (carried) {
      arguments.set(Word.STATE_IN, call.saved(0));
    }
    states();
    arguments.gradients();
    if (carried) {
      arguments.set(Word.STATE_OUT, call.inputGradient(Ssd.STATE));
    }
    scan(BACKWARD, "ssd_grad_", plan.gradStatesShared());
    Grid chunks = new Grid(plan.chunks(), plan.blocks(), shape.batch());
    launchRows(BACKWARD, "ssd_grad_x", chunks, THREADS, plan.gradXShared());
    long tilesOfChunks = 2L * plan.chunks() * plan.stateTiles();
    Grid tiles = new Grid(tilesOfChunks, shape.groups(), shape.batch());
    launchRows(BACKWARD, "ssd_grad_shared", tiles, THREADS, plan.gradSharedShared());
    launchSteps(BACKWARD, "ssd_grad_steps", new Grid(plan.chunks(), shape.batch(), 1), 256);
    Grid sums = new Grid(shape.heads(), 3, 1);
    call.launch(BACKWARD, "ssd_grad_heads" + dtype(), sums, THREADS, 0, words());
  }

  private Object words() {
    return arguments.array();
  }

  private String dtype() {
    return "_" + plan.dtype().name().toLowerCase(Locale.ROOT);
  }

  /** A kernel that loads rows, many elements at once where they lie so that it can. */
  private void launchRows(String fatbin, String kernel, Grid grid, int threads, int shared) {
    boolean any = plan.dtype() == DType.BF16 && !arguments.aligned();
    String name = kernel + dtype() + (any ? "_any" : "");
    call.launch(fatbin, name, grid, threads, shared, words());
  }

  /** A kernel that computes step sizes or their gradients. */
  private void launchSteps(String fatbin, String kernel, Grid grid, int threads) {
    float min = (float) op.minStep();
    float max = (float) op.maxStep();
    call.launch(fatbin, kernel + dtype(), grid, threads, 0, words(), min, max);
  }
}
