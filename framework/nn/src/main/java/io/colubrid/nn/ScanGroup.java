package io.colubrid.nn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.spi.op.CpuCall;
import java.lang.foreign.MemorySegment;

/**
 * Brings the operands of one group of channels of one row of the batch into scratch memory, tile by
 * tile. A last block that is not full goes through a staging copy, so that kernels see whole
 * vectors only; its missing lanes hold zeros.
 */
final class ScanGroup {
  final CpuCall call;
  final ScanShape shape;
  final ScanLayout layout;
  final ScanKernels kernels;
  final ScanTile tile;
  final Runs runs;
  private final ScanRows tensors;
  private final ScanRows staging;

  private int batch;
  private int firstChannel;
  private int channels;
  private long row;

  ScanGroup(
      CpuCall call,
      ScanShape shape,
      ScanLayout layout,
      ScanKernels kernels,
      ScanRows rows,
      long scratch) {
    this.call = call;
    this.shape = shape;
    this.layout = layout;
    this.kernels = kernels;
    tensors = rows;
    MemorySegment memory = call.workspace().asSlice(scratch, layout.bytes);
    tile =
        new ScanTile(
            layout, memory, call.input(SelectiveScan.B), call.input(SelectiveScan.C), rows);
    staging = rows.staged(memory, layout);
    boolean packed = call.hasInput(SelectiveScan.SEGMENTS);
    runs = new Runs(packed ? call.input(SelectiveScan.SEGMENTS) : null, ChannelGroups.TILE);
  }

  /** Takes up a group: its bias, skip and decays. */
  void begin(int batch, int group) {
    this.batch = batch;
    firstChannel = shape.groups().firstChannel(group);
    channels = shape.groups().channels(group);
    perChannel(SelectiveScan.DELTA_BIAS, layout.bias);
    perChannel(SelectiveScan.SKIP, layout.skip);
  }

  void loadRates() {
    gather(call.input(SelectiveScan.A_LOG), firstChannel, layout.rate);
    kernels.rates(tile.scratch, layout.rate, blocks() * layout.states);
  }

  /** As {@link #loadRates}, but [channels, states] as in A_log. */
  void loadRatesByChannel() {
    long bytes = 4L * channels * layout.states;
    MemorySegment aLog = call.input(SelectiveScan.A_LOG);
    MemorySegment.copy(aLog, 4L * firstChannel * layout.states, tile.scratch, layout.rate, bytes);
    kernels.rates(tile.scratch, layout.rate, (int) Math.ceilDiv(bytes, layout.vector));
  }

  /** Blocks of the group, the last perhaps not full. */
  int blocks() {
    return Math.ceilDiv(channels, layout.lanes);
  }

  int channels() {
    return channels;
  }

  /** Index of the group's first channel in [batch, channels]. */
  long firstRowOfStates() {
    return (long) batch * shape.channels() + firstChannel;
  }

  /** First element in [batch, tiles, blocks, states, lanes] that belongs to the group. */
  long checkpoint(int tileIndex) {
    long tiles = (long) batch * shape.groups().tiles() + tileIndex;
    return tiles * shape.paddedStates() + (long) firstChannel * layout.states;
  }

  /** Moves to a tile; answers its number of steps. */
  int moveTo(int tileIndex) {
    int first = tileIndex * ChannelGroups.TILE;
    int steps = Math.min(ChannelGroups.TILE, shape.length() - first);
    long index = (long) batch * shape.length();
    row = 4 * ((index + first) * shape.channels() + firstChannel);
    tile.weights = (index + first) * tile.weightStride();
    runs.split(index, first, steps);
    return steps;
  }

  /** Copies elements [channels, states] to a vector a state, [blocks, states, lanes]. */
  void gather(MemorySegment from, long firstRow, long to) {
    int lanes = layout.lanes;
    for (int d = 0; d < blocks() * lanes; d++) {
      long at = layout.perState(to, d / lanes, 0) + 4L * (d % lanes);
      for (int n = 0; n < layout.states; n++) {
        long index = (firstRow + d) * layout.states + n;
        float value = d < channels ? from.getAtIndex(JAVA_FLOAT, index) : 0;
        tile.scratch.set(JAVA_FLOAT, at + n * layout.vector, value);
      }
    }
  }

  /** The reverse of {@link #gather}. */
  void scatter(long from, MemorySegment to, long firstRow) {
    int lanes = layout.lanes;
    for (int d = 0; d < channels; d++) {
      long at = layout.perState(from, d / lanes, 0) + 4L * (d % lanes);
      for (int n = 0; n < layout.states; n++) {
        float value = tile.scratch.get(JAVA_FLOAT, at + n * layout.vector);
        to.setAtIndex(JAVA_FLOAT, (firstRow + d) * layout.states + n, value);
      }
    }
  }

  private void perChannel(int input, long to) {
    MemorySegment target = tile.scratch.asSlice(to, blocks() * layout.vector).fill((byte) 0);
    if (call.hasInput(input)) {
      MemorySegment.copy(call.input(input), 4L * firstChannel, target, 0, 4L * channels);
    }
  }

  /** Work on some blocks whose rows the tile points at. */
  interface BlockTask {
    void run(int block, int blocks);
  }

  /**
   * Runs a task that reads or writes rows, over the full blocks and then over the staged last one.
   */
  void withRows(int from, int to, BlockTask task) {
    int full = channels / layout.lanes;
    if (full > 0) {
      tile.rows = tensors;
      tile.row = row;
      tile.rowStride = 4L * shape.channels();
      task.run(0, full);
    }
    int rest = channels % layout.lanes;
    if (rest > 0) {
      stage(from, to, full, rest, task);
    }
  }

  private void stage(int from, int to, int block, int rest, BlockTask task) {
    tile.rows = staging;
    tile.row = 0;
    tile.rowStride = layout.vector;
    long first = row + block * layout.vector;
    for (int t = from; t < to; t++) {
      tensors.copyInputs(first + t * 4L * shape.channels(), staging, t * layout.vector, 4L * rest);
    }
    task.run(block, 1);
    for (int t = from; t < to; t++) {
      staging.copyOutputs(t * layout.vector, tensors, first + t * 4L * shape.channels(), 4L * rest);
    }
  }

  /** Fills the tiles of Δ, Δ·u and y for some steps. */
  void open(boolean softplus, int from, int to) {
    withRows(from, to, (block, blocks) -> kernels.open(tile, softplus, block, blocks, from, to));
  }

  void clearStates() {
    tile.scratch
        .asSlice(layout.state, (long) blocks() * layout.states * layout.vector)
        .fill((byte) 0);
  }

  /** Writes zeros to the rows of all steps that belong to no document. */
  void clearPadding(int steps) {
    runs.forEachPadding(
        steps,
        (from, to) -> {
          for (int t = from; t < to; t++) {
            tensors.clearOutputs(row + t * 4L * shape.channels(), 4L * channels);
          }
        });
  }
}
