package io.colubrid.engine.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.util.Arrays;

/** Copies arrays of one shape with their axes in another order. */
final class Permute {

  /** Square blocks of this side are turned at a time: whole cache lines on both sides. */
  private static final int SIDE = 16;

  private static final long GRAIN_BYTES = 1 << 15;

  private final WorkerPool pool;
  private final int bytes;
  private final Layout layout;

  /**
   * Prepares a permutation: axis j of the result is axis {@code axes[j]} of what is copied.
   *
   * @param bytes of an element
   * @throws IllegalArgumentException if {@code axes} is no permutation of the axes of {@code shape}
   */
  Permute(WorkerPool pool, int bytes, long[] shape, int[] axes) {
    this.pool = pool;
    this.bytes = bytes;
    this.layout = new Layout(shape, axes);
  }

  /** Copies from one address to another; the two arrays must not overlap. */
  void run(long from, long to) {
    if (layout.count == 0) {
      return;
    }
    if (layout.rank == 0 || layout.fromStride[layout.rank - 1] == 1) {
      copyRuns(from, to);
    } else if (bytes == Integer.BYTES) {
      turn(from, to, Permute::turnBlock4);
    } else if (bytes == Long.BYTES) {
      turn(from, to, Permute::turnBlock8);
    } else {
      turn(from, to, this::turnBlock);
    }
  }

  private static long grain(long bytes) {
    return GRAIN_BYTES / bytes + 1;
  }

  /** The axes of the result, without those of length one and with inseparable ones merged. */
  private static final class Layout {
    final long count;
    final long[] length;
    final long[] fromStride;
    final long[] toStride;
    final int rank;

    Layout(long[] shape, int[] axes) {
      long[] strides = strides(shape);
      length = new long[axes.length];
      fromStride = new long[axes.length];
      toStride = new long[axes.length];
      checkPermutation(shape, axes);
      int last = -1;
      long product = 1;
      for (int axis : axes) {
        product *= shape[axis];
        if (shape[axis] == 1) {
          continue;
        }
        if (last >= 0 && fromStride[last] == shape[axis] * strides[axis]) {
          length[last] *= shape[axis];
        } else {
          length[++last] = shape[axis];
        }
        fromStride[last] = strides[axis];
      }
      count = product;
      rank = last + 1;
      long stride = 1;
      for (int j = last; j >= 0; j--) {
        toStride[j] = stride;
        stride *= length[j];
      }
    }

    private static long[] strides(long[] shape) {
      var strides = new long[shape.length];
      long stride = 1;
      for (int i = shape.length - 1; i >= 0; i--) {
        strides[i] = stride;
        stride *= shape[i];
      }
      return strides;
    }

    private static void checkPermutation(long[] shape, int[] axes) {
      var seen = new boolean[shape.length];
      for (int axis : axes) {
        if (axes.length != shape.length || axis < 0 || axis >= shape.length || seen[axis]) {
          throw new IllegalArgumentException(
              "%s is no permutation of the axes of %s"
                  .formatted(Arrays.toString(axes), Arrays.toString(shape)));
        }
        seen[axis] = true;
      }
    }

    /** Where in {@code from} the element of number {@code i} of the axes before {@code axis} is. */
    long offset(long i, int axes, int except, long[] stride) {
      long offset = 0;
      long rest = i;
      for (int j = axes - 1; j >= 0; j--) {
        if (j != except) {
          offset += rest % length[j] * stride[j];
          rest /= length[j];
        }
      }
      return offset;
    }

    /** The axis that is contiguous in {@code from}. */
    int contiguous() {
      int axis = 0;
      while (fromStride[axis] != 1) {
        axis++;
      }
      return axis;
    }
  }

  private void copyRuns(long source, long target) {
    int outerAxes = Math.max(0, layout.rank - 1);
    long run = layout.rank == 0 ? 1 : layout.length[outerAxes];
    pool.forEachRange(
        layout.count / run,
        grain(run * bytes),
        (i, end) -> {
          for (long r = i; r < end; r++) {
            long offset = layout.offset(r, outerAxes, -1, layout.fromStride);
            Copies.bytes(source + offset * bytes, target + r * run * bytes, run * bytes);
          }
        });
  }

  /** to[row][column] = from[column][row] for a block; strides in bytes. */
  @FunctionalInterface
  private interface BlockTurn {
    void run(long from, long fromStride, long to, long toStride, int rows, int columns);
  }

  private void turn(long source, long target, BlockTurn block) {
    int columnAxis = layout.rank - 1;
    int rowAxis = layout.contiguous();
    long columns = layout.length[columnAxis];
    long rows = layout.length[rowAxis];
    long bands = (rows - 1) / SIDE + 1;
    long fromStride = layout.fromStride[columnAxis] * bytes;
    long toStride = layout.toStride[rowAxis] * bytes;
    pool.forEachRange(
        layout.count / rows / columns * bands,
        grain(columns * SIDE * bytes),
        (i, end) -> {
          for (long b = i; b < end; b++) {
            long outer = b / bands;
            long row = b % bands * SIDE;
            int height = (int) Math.min(SIDE, rows - row);
            long f =
                source
                    + (layout.offset(outer, columnAxis, rowAxis, layout.fromStride) + row) * bytes;
            long t =
                target
                    + layout.offset(outer, columnAxis, rowAxis, layout.toStride) * bytes
                    + row * toStride;
            for (long c = 0; c < columns; c += SIDE) {
              int width = (int) Math.min(SIDE, columns - c);
              block.run(f + c * fromStride, fromStride, t + c * bytes, toStride, height, width);
            }
          }
        });
  }

  private static void turnBlock4(
      long from, long fromStride, long to, long toStride, int rows, int columns) {
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        OffHeap.ALL.set(
            JAVA_INT_UNALIGNED,
            to + r * toStride + c * 4L,
            OffHeap.ALL.get(JAVA_INT_UNALIGNED, from + c * fromStride + r * 4L));
      }
    }
  }

  private static void turnBlock8(
      long from, long fromStride, long to, long toStride, int rows, int columns) {
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        OffHeap.ALL.set(
            JAVA_LONG_UNALIGNED,
            to + r * toStride + c * 8L,
            OffHeap.ALL.get(JAVA_LONG_UNALIGNED, from + c * fromStride + r * 8L));
      }
    }
  }

  private void turnBlock(
      long from, long fromStride, long to, long toStride, int rows, int columns) {
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        Copies.bytes(
            from + c * fromStride + (long) r * bytes, to + r * toStride + (long) c * bytes, bytes);
      }
    }
  }
}
