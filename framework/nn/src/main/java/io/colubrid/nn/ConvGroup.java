package io.colubrid.nn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.spi.op.CpuCall;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Brings the operands of one group of channels of one row of the batch into scratch memory. */
final class ConvGroup {
  final CpuCall call;
  final ChannelGroups groups;
  final ConvLayout layout;
  final ConvKernels kernels;
  final MemorySegment scratch;
  final History history;
  private final @Nullable MemorySegment tail;
  private final long stride;

  private int batch;
  private int firstChannel;
  private int channels;

  /**
   * @param tail what lies before the first position, or null for zeros
   */
  ConvGroup(
      CpuCall call,
      ChannelGroups groups,
      ConvLayout layout,
      ConvKernels kernels,
      MemorySegment scratch,
      @Nullable MemorySegment tail) {
    this.call = call;
    this.groups = groups;
    this.layout = layout;
    this.kernels = kernels;
    this.scratch = scratch;
    this.tail = tail;
    history = new History(segments(), groups.length(), layout.width - 1);
    stride = 4L * groups.channels();
  }

  @Nullable MemorySegment segments() {
    return call.hasInput(CausalConv1d.SEGMENTS) ? call.input(CausalConv1d.SEGMENTS) : null;
  }

  /** Takes up a group: its weights and bias. */
  void begin(int batch, int group) {
    this.batch = batch;
    firstChannel = groups.firstChannel(group);
    channels = groups.channels(group);
    if (channels % groups.lanes() != 0) {
      scratch.fill((byte) 0);
    }
    MemorySegment weights = call.input(CausalConv1d.WEIGHT);
    for (int d = 0; d < channels; d++) {
      long at = layout.weights + weightVector(d / groups.lanes()) + 4L * (d % groups.lanes());
      for (int k = 0; k < layout.width; k++) {
        long index = (long) (firstChannel + d) * layout.width + k;
        scratch.set(JAVA_FLOAT, at + k * layout.vector, weights.getAtIndex(JAVA_FLOAT, index));
      }
    }
    MemorySegment bias = scratch.asSlice(layout.bias, 4L * channels);
    if (call.hasInput(CausalConv1d.BIAS)) {
      MemorySegment.copy(call.input(CausalConv1d.BIAS), 4L * firstChannel, bias, 0, 4L * channels);
    } else {
      bias.fill((byte) 0);
    }
  }

  private long weightVector(int block) {
    return (long) block * layout.width * layout.vector;
  }

  int batch() {
    return batch;
  }

  int blocks() {
    return Math.ceilDiv(channels, groups.lanes());
  }

  /** Byte offset of a position's first channel of a block in [batch, length, channels]. */
  long row(int position, int block) {
    long index = (long) batch * groups.length() + position;
    return index * stride + 4L * firstChannel + block * layout.vector;
  }

  private long tailRow(int row, int block) {
    long index = (long) batch * (layout.width - 1) + row;
    return index * stride + 4L * firstChannel + block * layout.vector;
  }

  private int lanes(int block) {
    return Math.min(groups.lanes(), channels - block * groups.lanes());
  }

  /** Copies rows of a block from an operand into scratch memory. */
  void read(MemorySegment from, int position, int block, long to, int rows) {
    if (lanes(block) == groups.lanes()) {
      kernels.copy(from, row(position, block), stride, scratch, to, layout.vector, rows);
    } else {
      for (int t = 0; t < rows; t++) {
        copyLanes(from, row(position + t, block), scratch, to + t * layout.vector, block);
      }
    }
  }

  /** Copies rows of a block from scratch memory to an operand. */
  void write(long from, MemorySegment to, int position, int block, int rows) {
    if (lanes(block) == groups.lanes()) {
      kernels.copy(scratch, from, layout.vector, to, row(position, block), stride, rows);
    } else {
      for (int t = 0; t < rows; t++) {
        copyLanes(scratch, from + t * layout.vector, to, row(position + t, block), block);
      }
    }
  }

  private void copyLanes(MemorySegment from, long at, MemorySegment to, long toAt, int block) {
    MemorySegment.copy(from, at, to, toAt, 4L * lanes(block));
  }

  /** Zeroes rows of the group in an operand. */
  void clear(MemorySegment operand, int position, int rows) {
    for (int t = 0; t < rows; t++) {
      operand.asSlice(row(position + t, 0), 4L * channels).fill((byte) 0);
    }
  }

  /** Fills the window with the inputs of some positions, and of the history located before them. */
  void fillWindow(int position, int block, int rows) {
    MemorySegment x = call.input(CausalConv1d.X);
    for (int i = 0; i < history.size(); i++) {
      long to = layout.window + i * layout.vector;
      if (history.position(i) >= 0) {
        copyLanes(x, row(history.position(i), block), scratch, to, block);
      } else if (tail != null && history.isInTail(i)) {
        copyLanes(tail, tailRow(history.tailRow(i), block), scratch, to, block);
      } else {
        scratch.asSlice(to, layout.vector).fill((byte) 0);
      }
    }
    read(x, position, block, layout.window + history.size() * layout.vector, rows);
  }

  /** Adds the gradient of the located history to the rows that it came from. */
  void addHistory(@Nullable MemorySegment gradX, @Nullable MemorySegment gradTail, int block) {
    for (int i = 0; i < history.size(); i++) {
      if (history.position(i) >= 0) {
        addLanes(gradX, row(history.position(i), block), i, block);
      } else if (history.isInTail(i)) {
        addLanes(gradTail, tailRow(history.tailRow(i), block), i, block);
      }
    }
  }

  private void addLanes(@Nullable MemorySegment to, long at, int windowRow, int block) {
    if (to != null) {
      long from = layout.gradWindow + windowRow * layout.vector;
      for (long lane = 0; lane < 4L * lanes(block); lane += 4) {
        float sum = to.get(JAVA_FLOAT, at + lane) + scratch.get(JAVA_FLOAT, from + lane);
        to.set(JAVA_FLOAT, at + lane, sum);
      }
    }
  }

  /** Overwrites the group's part of the tail by what now lies before the next position. */
  void advanceTail(MemorySegment kept) {
    history.locate(batch, groups.length());
    MemorySegment x = call.input(CausalConv1d.X);
    long bytes = 4L * channels;
    for (int i = 0; i < history.size(); i++) {
      long to = tailRow(i, 0);
      if (history.position(i) >= 0) {
        MemorySegment.copy(x, row(history.position(i), 0), kept, to, bytes);
      } else if (history.isInTail(i)) {
        MemorySegment.copy(kept, tailRow(history.tailRow(i), 0), kept, to, bytes);
      } else {
        kept.asSlice(to, bytes).fill((byte) 0);
      }
    }
  }

  /** Zeroes the group's part of a gradient of the tail. */
  void clearTail(MemorySegment gradTail) {
    for (int i = 0; i < history.size(); i++) {
      gradTail.asSlice(tailRow(i, 0), 4L * channels).fill((byte) 0);
    }
  }
}
