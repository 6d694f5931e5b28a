package io.colubrid.plugins.vision;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Unfold} on the CPU. What a window takes of one row of the grid lies together on both
 * sides, so it is copied, or added, as one run.
 */
record UnfoldCpu(Unfold unfold) implements CpuBody {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final long BYTES_WORTH_A_THREAD = 1 << 14;

  @Override
  public boolean backwardReadsInput(int input) {
    return false;
  }

  @Override
  public void forward(CpuCall call) {
    Windows windows = windows(call);
    MemorySegment x = call.input(0);
    MemorySegment y = call.output(0);
    call.parallel()
        .forEachRange(
            windows.batch * windows.rows,
            grain(windows.columns * windows.windowBytes()),
            (from, to) -> {
              for (long row = from; row < to; row++) {
                windows.read(row, x, y);
              }
            });
  }

  @Override
  public void backward(CpuCall call) {
    Windows windows = windows(call);
    MemorySegment dy = call.outputGradient(0);
    MemorySegment dx = call.inputGradient(0);
    call.parallel()
        .forEachRange(
            windows.batch * windows.height,
            grain(windows.columns * windows.windowBytes()),
            (from, to) -> {
              for (long row = from; row < to; row++) {
                windows.gather(row, dy, dx);
              }
            });
  }

  private static long grain(long bytes) {
    return Math.max(1, BYTES_WORTH_A_THREAD / Math.max(1, bytes));
  }

  private Windows windows(CpuCall call) {
    TensorType x = Objects.requireNonNull(call.inputTypes().getFirst());
    Shape grid = x.shape();
    return new Windows(
        unfold,
        grid.dim(0),
        grid.dim(1),
        grid.dim(2),
        unfold.windows(grid.dim(1)),
        unfold.windows(grid.dim(2)),
        Float.BYTES * grid.dim(3));
  }

  /**
   * The windows of a batch.
   *
   * @param rows rows of windows an image
   * @param columns columns of windows
   * @param positionBytes bytes of the channels of a position
   */
  private record Windows(
      Unfold unfold,
      long batch,
      long height,
      long width,
      long rows,
      long columns,
      long positionBytes) {

    long runBytes() {
      return unfold.size() * positionBytes;
    }

    long windowBytes() {
      return unfold.size() * runBytes();
    }

    /** Fills a row of windows. */
    void read(long row, MemorySegment x, MemorySegment y) {
      long image = row / rows * height;
      long top = row % rows * unfold.stride() - unfold.padding();
      for (long j = 0; j < columns; j++) {
        long left = j * unfold.stride() - unfold.padding();
        long window = (row * columns + j) * windowBytes();
        for (int r = 0; r < unfold.size(); r++) {
          long to = window + r * runBytes();
          if (top + r < 0 || top + r >= height) {
            y.asSlice(to, runBytes()).fill((byte) 0);
          } else {
            readRun((image + top + r) * width, left, x, y, to);
          }
        }
      }
    }

    private void readRun(long line, long left, MemorySegment x, MemorySegment y, long to) {
      long first = first(left);
      long last = last(left);
      if (last - first < unfold.size()) {
        y.asSlice(to, runBytes()).fill((byte) 0);
      }
      long from = (line + left + first) * positionBytes;
      MemorySegment.copy(x, from, y, to + first * positionBytes, (last - first) * positionBytes);
    }

    /** First column of a window that lies inside, and the one behind the last. */
    private long first(long left) {
      return Math.max(0, -left);
    }

    private long last(long left) {
      return Math.min(unfold.size(), width - left);
    }

    /** Sums what the windows owe to one row of an image. */
    void gather(long row, MemorySegment dy, MemorySegment dx) {
      long line = row * width * positionBytes;
      dx.asSlice(line, width * positionBytes).fill((byte) 0);
      long image = row / height;
      long padded = row % height + unfold.padding();
      for (int r = (int) (padded % unfold.stride()); r < unfold.size(); r += unfold.stride()) {
        long i = (padded - r) / unfold.stride();
        if (padded >= r && i < rows) {
          gatherRuns((image * rows + i) * columns, r, dy, dx, line);
        }
      }
    }

    private void gatherRuns(long window, int r, MemorySegment dy, MemorySegment dx, long line) {
      for (long j = 0; j < columns; j++) {
        long left = j * unfold.stride() - unfold.padding();
        long first = first(left);
        long from = (window + j) * windowBytes() + r * runBytes() + first * positionBytes;
        long to = line + (left + first) * positionBytes;
        add(dy, from, dx, to, (last(left) - first) * positionBytes);
      }
    }
  }

  private static void add(
      MemorySegment from, long fromAt, MemorySegment to, long toAt, long bytes) {
    long vector = FLOATS.vectorByteSize();
    long i = 0;
    for (; i + vector <= bytes; i += vector) {
      FloatVector sum = FloatVector.fromMemorySegment(FLOATS, to, toAt + i, ORDER);
      sum.add(FloatVector.fromMemorySegment(FLOATS, from, fromAt + i, ORDER))
          .intoMemorySegment(to, toAt + i, ORDER);
    }
    if (i < bytes) {
      VectorMask<Float> rest = FLOATS.indexInRange(i / Float.BYTES, bytes / Float.BYTES);
      FloatVector sum = FloatVector.fromMemorySegment(FLOATS, to, toAt + i, ORDER, rest);
      sum.add(FloatVector.fromMemorySegment(FLOATS, from, fromAt + i, ORDER, rest))
          .intoMemorySegment(to, toAt + i, ORDER, rest);
    }
  }
}
