package io.colubrid.nn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.spi.op.CpuCall;
import java.lang.foreign.MemorySegment;

/**
 * Parts of the gradients that are summed over groups of channels (b, c) or over the batch (aLog,
 * skip, bias). Each item writes its own; they are added in an order that depends on the shape
 * alone.
 */
final class ScanPartials {
  private static final long GRAIN = 4096;
  private static final long ALIGNMENT = 64;

  private final ScanShape shape;
  private final long memory;
  private final long b;
  private final long c;
  private final long aLog;
  private final long skip;
  private final long bias;

  ScanPartials(ScanShape shape, MemorySegment workspace) {
    this.shape = shape;
    long weights = shape.groups().groups() * shape.weights();
    long states = shape.batch() * shape.paddedStates();
    long channels = shape.batch() * shape.groups().paddedChannels();
    b = 0;
    c = b + weights;
    aLog = c + weights;
    skip = aLog + states;
    bias = skip + channels;
    memory = Addresses.of(workspace, bytes(shape) / 4);
  }

  /** Bytes all parts take, rounded up so that scratch memory behind them is aligned. */
  static long bytes(ScanShape shape) {
    long weights = 2L * shape.groups().groups() * shape.weights();
    long channels = shape.batch() * (shape.paddedStates() + 2 * shape.groups().paddedChannels());
    return Math.ceilDiv(4 * (weights + channels), ALIGNMENT) * ALIGNMENT;
  }

  /** Byte offset, from the first of a gradient, of a group's parts for a tile. */
  long weights(int batch, int group, int tile) {
    long row = shape.index(batch, tile * ChannelGroups.TILE);
    return 4 * (group * shape.weights() + row * shape.states());
  }

  /** Sums the lanes of the gradients of b and c of one state, as they were gathered. */
  void sum(ScanGroup group, int state, int steps, long at) {
    ScanLayout layout = group.layout;
    long from = group.tile.sums(state);
    long sumB = from + ScanLayout.SUM_B * layout.vector;
    long sumC = from + ScanLayout.SUM_C * layout.vector;
    long stride = group.tile.weightStride();
    group.kernels.sums(sumB, layout.pairBytes, steps, memory + 4 * b + at, stride);
    group.kernels.sums(sumC, layout.pairBytes, steps, memory + 4 * c + at, stride);
  }

  /** Takes what a group has gathered over all steps. */
  void collect(ScanGroup group, int batch, int groupIndex) {
    ScanLayout layout = group.layout;
    long scratch = group.tile.scratch;
    long block =
        (long) batch * shape.groups().blocks() + (long) groupIndex * shape.groups().groupBlocks();
    long states = memory + 4 * aLog + block * layout.states * layout.vector;
    long blockBytes = group.blocks() * layout.vector;
    Addresses.copy(scratch + layout.gradDecay, states, group.stateBytes());
    Addresses.copy(
        scratch + layout.gradSkip, memory + 4 * skip + block * layout.vector, blockBytes);
    Addresses.copy(
        scratch + layout.gradBias, memory + 4 * bias + block * layout.vector, blockBytes);
  }

  /** Adds the parts up and writes the gradients that are wanted. */
  void reduce(CpuCall call) {
    add(call, SelectiveScan.B, b, shape.weights(), shape.groups().groups());
    add(call, SelectiveScan.C, c, shape.weights(), shape.groups().groups());
    addChannels(call, SelectiveScan.SKIP, skip);
    addChannels(call, SelectiveScan.DELTA_BIAS, bias);
    if (call.wantsGradient(SelectiveScan.A_LOG)) {
      addDecays(call);
    }
  }

  private static boolean wanted(CpuCall call, int input) {
    return call.hasInput(input) && call.wantsGradient(input);
  }

  private void add(CpuCall call, int input, long at, long elements, int parts) {
    if (wanted(call, input)) {
      MemorySegment out = call.inputGradient(input);
      call.parallel()
          .forEachRange(elements, GRAIN, (from, to) -> add(out, at, elements, parts, from, to));
    }
  }

  private void add(MemorySegment out, long at, long stride, int parts, long from, long to) {
    for (long i = from; i < to; i++) {
      float sum = Addresses.get(memory + 4 * (at + i));
      for (int part = 1; part < parts; part++) {
        sum += Addresses.get(memory + 4 * (at + part * stride + i));
      }
      out.setAtIndex(JAVA_FLOAT, i, sum);
    }
  }

  private void addChannels(CpuCall call, int input, long at) {
    if (wanted(call, input)) {
      MemorySegment out = call.inputGradient(input);
      add(out, at, shape.groups().paddedChannels(), shape.batch(), 0, shape.channels());
    }
  }

  /** dA_log = dA·A; what was gathered lacks A. */
  private void addDecays(CpuCall call) {
    MemorySegment values = call.input(SelectiveScan.A_LOG);
    MemorySegment out = call.inputGradient(SelectiveScan.A_LOG);
    int states = shape.states();
    int lanes = shape.lanes();
    call.parallel()
        .forEachRange(
            shape.channels(),
            Math.ceilDiv(GRAIN, states),
            (from, to) -> {
              for (long d = from; d < to; d++) {
                long first = aLog + d / lanes * states * lanes + d % lanes;
                for (int n = 0; n < states; n++) {
                  float sum = 0;
                  for (int row = 0; row < shape.batch(); row++) {
                    long part = first + (long) n * lanes + row * shape.paddedStates();
                    sum += Addresses.get(memory + 4 * part);
                  }
                  long at = d * states + n;
                  double rate = -Math.exp(values.getAtIndex(JAVA_FLOAT, at));
                  out.setAtIndex(JAVA_FLOAT, at, (float) (sum * rate));
                }
              }
            });
  }
}
