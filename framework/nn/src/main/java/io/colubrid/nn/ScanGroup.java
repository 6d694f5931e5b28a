package io.colubrid.nn;

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
  private final long aLog;
  private final long b;
  private final long c;

  private int batch;
  private int firstChannel;
  private int channels;
  private long row;

  /**
   * @param scratch byte offset of the slot's part of the workspace
   */
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
    tile = new ScanTile(layout, Addresses.of(memory, layout.bytes / 4), rows, shape.direction());
    long column = ChannelGroups.TILE * layout.vector;
    staging = rows.staged(tile.scratch + layout.staging, column);
    if (shape.channels() % layout.lanes != 0) {
      Addresses.clear(tile.scratch + layout.staging, layout.bytes - layout.staging);
    }
    aLog = Addresses.of(call.input(SelectiveScan.A_LOG), (long) shape.channels() * layout.states);
    b = Addresses.of(call.input(SelectiveScan.B), shape.weights());
    c = Addresses.of(call.input(SelectiveScan.C), shape.weights());
    runs = Runs.of(call, SelectiveScan.SEGMENTS, shape.length(), shape.reversed());
  }

  /** Takes up a group: its bias and skip. */
  void begin(int batch, int group) {
    this.batch = batch;
    firstChannel = shape.groups().firstChannel(group);
    channels = shape.groups().channels(group);
    perChannel(SelectiveScan.DELTA_BIAS, layout.bias);
    perChannel(SelectiveScan.SKIP, layout.skip);
  }

  private void perChannel(int input, long to) {
    long target = tile.scratch + to;
    Addresses.clear(target, blocks() * layout.vector);
    if (call.hasInput(input)) {
      long from = Addresses.of(call.input(input), shape.channels());
      Addresses.copy(from + 4L * firstChannel, target, 4L * channels);
    }
  }

  /** Computes the rates A·log2(e), a vector a state. */
  void loadRates() {
    gather(aLog, firstChannel, layout.rate);
    kernels.rates(tile.scratch + layout.rate, blocks() * layout.states);
  }

  /** As {@link #loadRates}, but [channels, states] as in A_log. */
  void loadRatesByChannel() {
    long bytes = 4L * channels * layout.states;
    long rates = tile.scratch + layout.rate;
    Addresses.copy(aLog + 4L * firstChannel * layout.states, rates, bytes);
    kernels.rates(rates, (int) Math.ceilDiv(bytes, layout.vector));
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

  /** Bytes of a vector a state of all blocks of the group. */
  long stateBytes() {
    return (long) blocks() * layout.states * layout.vector;
  }

  /** Moves to a tile; answers its number of steps. */
  int moveTo(int tileIndex) {
    int first = tileIndex * ChannelGroups.TILE;
    int steps = Math.min(ChannelGroups.TILE, shape.length() - first);
    long index = shape.index(batch, first);
    row = 4 * (index * shape.channels() + firstChannel);
    tile.b = b + 4 * index * layout.states;
    tile.c = c + 4 * index * layout.states;
    runs.split(batch, first, steps);
    return steps;
  }

  /** Copies elements [channels, states] to a vector a state, [blocks, states, lanes]. */
  void gather(long from, long firstRow, long to) {
    int lanes = layout.lanes;
    for (int d = 0; d < blocks() * lanes; d++) {
      long at = tile.perState(to, d / lanes, 0) + 4L * (d % lanes);
      long source = from + 4 * (firstRow + d) * layout.states;
      for (int n = 0; n < layout.states; n++) {
        Addresses.set(at + n * layout.vector, d < channels ? Addresses.get(source + 4L * n) : 0);
      }
    }
  }

  /** The reverse of {@link #gather}. */
  void scatter(long from, long to, long firstRow) {
    int lanes = layout.lanes;
    for (int d = 0; d < channels; d++) {
      long at = tile.perState(from, d / lanes, 0) + 4L * (d % lanes);
      long target = to + 4 * (firstRow + d) * layout.states;
      for (int n = 0; n < layout.states; n++) {
        Addresses.set(target + 4L * n, Addresses.get(at + n * layout.vector));
      }
    }
  }

  /** Work on some blocks whose rows the tile points at. */
  interface BlockTask {
    void run(int block);
  }

  /** Bytes from the row of a step to that of the next. */
  private long rowStride() {
    return 4L * shape.direction() * shape.channels();
  }

  /** Runs a task that reads or writes rows over all blocks; the last may be a staged one. */
  void withRows(int from, int to, BlockTask task) {
    int full = channels / layout.lanes;
    tile.rows = tensors;
    tile.row = row;
    tile.firstBlock = 0;
    tile.rowStride = rowStride();
    for (int block = 0; block < full; block++) {
      task.run(block);
    }
    int rest = channels % layout.lanes;
    if (rest > 0) {
      stage(from, to, full, rest, task);
    }
  }

  private void stage(int from, int to, int block, int rest, BlockTask task) {
    tile.rows = staging;
    tile.row = 0;
    tile.firstBlock = block;
    tile.rowStride = layout.vector;
    long stride = rowStride();
    long first = row + block * layout.vector;
    for (int t = from; t < to; t++) {
      tensors.copyInputs(first + t * stride, staging, t * layout.vector, 4L * rest);
    }
    task.run(block);
    for (int t = from; t < to; t++) {
      staging.copyOutputs(t * layout.vector, tensors, first + t * stride, 4L * rest);
    }
  }

  /** Fills the records with Δ, Δ·u and y for some steps. */
  void open(boolean softplus, int from, int to) {
    withRows(from, to, block -> kernels.open(tile, softplus, block, from, to));
  }

  void clearStates() {
    Addresses.clear(tile.scratch + layout.state, stateBytes());
  }

  /** Writes zeros to the rows of all steps that belong to no document. */
  void clearPadding(int steps) {
    runs.forEachPadding(
        steps,
        (from, to) -> {
          for (int t = from; t < to; t++) {
            tensors.clearOutputs(row + t * rowStride(), 4L * channels);
          }
        });
  }
}
