package io.colubrid.nn;

import static io.colubrid.nn.Addresses.NONE;

import io.colubrid.spi.op.CpuCall;
import java.lang.foreign.MemorySegment;

/** Brings the operands of one group of channels of one row of the batch into scratch memory. */
final class ConvGroup {
  final CpuCall call;
  final ChannelGroups groups;
  final ConvLayout layout;
  final ConvKernels kernels;
  final long scratch;
  final History history;
  private final long x;
  private final long weight;
  private final long bias;
  private final long tail;
  private final boolean reversed;
  private final long stride;

  private int batch;
  private int firstChannel;
  private int channels;

  /**
   * @param scratch the slot's part of the workspace
   * @param tail address of what lies before the first position; none for zeros
   * @param reversed whether position 0 is the last of a row
   */
  ConvGroup(
      CpuCall call,
      ChannelGroups groups,
      ConvLayout layout,
      ConvKernels kernels,
      MemorySegment scratch,
      long tail,
      boolean reversed) {
    this.call = call;
    this.groups = groups;
    this.layout = layout;
    this.kernels = kernels;
    this.scratch = Addresses.of(scratch, layout.bytes / 4);
    this.tail = tail;
    this.reversed = reversed;
    x = Addresses.of(call.input(CausalConv1d.X), groups.elements());
    long taps = (long) groups.channels() * layout.width;
    weight = Addresses.of(call.input(CausalConv1d.WEIGHT), taps);
    bias =
        call.hasInput(CausalConv1d.BIAS)
            ? Addresses.of(call.input(CausalConv1d.BIAS), groups.channels())
            : NONE;
    boolean packed = call.hasInput(CausalConv1d.SEGMENTS);
    MemorySegment segments = packed ? call.input(CausalConv1d.SEGMENTS) : null;
    history = new History(segments, groups.length(), layout.width - 1, reversed);
    stride = (reversed ? -4L : 4L) * groups.channels();
  }

  /** Takes up a group: its weights and bias. */
  void begin(int batch, int group) {
    this.batch = batch;
    firstChannel = groups.firstChannel(group);
    channels = groups.channels(group);
    if (channels % groups.lanes() != 0) {
      Addresses.clear(scratch, layout.bytes);
    }
    for (int d = 0; d < channels; d++) {
      long block = (long) (d / groups.lanes()) * layout.width * layout.vector;
      long to = scratch + layout.weights + block + 4L * (d % groups.lanes());
      long from = weight + 4L * (firstChannel + d) * layout.width;
      for (int k = 0; k < layout.width; k++) {
        Addresses.set(to + k * layout.vector, Addresses.get(from + 4L * k));
      }
    }
    if (bias == NONE) {
      Addresses.clear(scratch + layout.bias, 4L * channels);
    } else {
      Addresses.copy(bias + 4L * firstChannel, scratch + layout.bias, 4L * channels);
    }
  }

  int batch() {
    return batch;
  }

  int blocks() {
    return Math.ceilDiv(channels, groups.lanes());
  }

  /** Byte offset of a position's first channel of a block in [batch, length, channels]. */
  private long row(int position, int block) {
    int place = reversed ? groups.length() - 1 - position : position;
    long index = (long) batch * groups.length() + place;
    return 4L * (index * groups.channels() + firstChannel) + block * layout.vector;
  }

  private long tailRow(int row, int block) {
    long index = (long) batch * (layout.width - 1) + row;
    return 4L * (index * groups.channels() + firstChannel) + block * layout.vector;
  }

  /** Bytes of a block's channels that there are. */
  private long bytes(int block) {
    return 4L * Math.min(groups.lanes(), channels - block * groups.lanes());
  }

  /** Copies rows of a block from an operand into scratch memory. */
  void read(long from, int position, int block, long to, int rows) {
    long first = from + row(position, block);
    if (bytes(block) == layout.vector) {
      kernels.copy(first, stride, scratch + to, layout.vector, rows);
    } else {
      for (int t = 0; t < rows; t++) {
        Addresses.copy(first + t * stride, scratch + to + t * layout.vector, bytes(block));
      }
    }
  }

  /** Copies rows of a block from scratch memory to an operand. */
  void write(long from, long to, int position, int block, int rows) {
    long first = to + row(position, block);
    if (bytes(block) == layout.vector) {
      kernels.copy(scratch + from, layout.vector, first, stride, rows);
    } else {
      for (int t = 0; t < rows; t++) {
        Addresses.copy(scratch + from + t * layout.vector, first + t * stride, bytes(block));
      }
    }
  }

  /** How the positions of rows are cut into runs. */
  Runs runs() {
    return Runs.of(call, CausalConv1d.SEGMENTS, groups.length(), reversed);
  }

  /** Zeroes rows of the group in an operand. */
  void clear(long operand, int position, int rows) {
    for (int t = 0; t < rows; t++) {
      Addresses.clear(operand + row(position + t, 0), 4L * channels);
    }
  }

  /** Fills the window with the inputs of some positions, and of the history located before them. */
  void fillWindow(int position, int block, int rows) {
    for (int i = 0; i < history.size(); i++) {
      long to = scratch + layout.window + i * layout.vector;
      if (history.position(i) >= 0) {
        Addresses.copy(x + row(history.position(i), block), to, bytes(block));
      } else if (tail != NONE && history.isInTail(i)) {
        Addresses.copy(tail + tailRow(history.tailRow(i), block), to, bytes(block));
      } else {
        Addresses.clear(to, layout.vector);
      }
    }
    read(x, position, block, layout.window + history.size() * layout.vector, rows);
  }

  /** Adds the gradient of the located history to the rows that it came from. */
  void addHistory(long gradX, long gradTail, int block) {
    for (int i = 0; i < history.size(); i++) {
      if (history.position(i) >= 0) {
        addLanes(gradX, row(history.position(i), block), i, block);
      } else if (history.isInTail(i)) {
        addLanes(gradTail, tailRow(history.tailRow(i), block), i, block);
      }
    }
  }

  private void addLanes(long to, long at, int windowRow, int block) {
    if (to != NONE) {
      long from = scratch + layout.gradWindow + windowRow * layout.vector;
      for (long lane = 0; lane < bytes(block); lane += 4) {
        Addresses.add(to + at + lane, Addresses.get(from + lane));
      }
    }
  }

  /** Overwrites the group's part of the tail by what now lies before the next position. */
  void advanceTail() {
    history.locate(batch, groups.length());
    long bytes = 4L * channels;
    for (int i = 0; i < history.size(); i++) {
      long to = tail + tailRow(i, 0);
      if (history.position(i) >= 0) {
        Addresses.copy(x + row(history.position(i), 0), to, bytes);
      } else if (history.isInTail(i)) {
        Addresses.copy(tail + tailRow(history.tailRow(i), 0), to, bytes);
      } else {
        Addresses.clear(to, bytes);
      }
    }
  }

  /** Zeroes the group's part of a gradient of the tail. */
  void clearTail(long gradTail) {
    for (int i = 0; i < history.size(); i++) {
      Addresses.clear(gradTail + tailRow(i, 0), 4L * channels);
    }
  }
}
