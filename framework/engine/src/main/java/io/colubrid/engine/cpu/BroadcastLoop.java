package io.colubrid.engine.cpu;

import io.colubrid.spi.tensor.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * Walks an output and the operands that broadcast to it, row by row. Neighbouring axes are joined
 * wherever all operands allow it, so that equal shapes become one long row.
 */
final class BroadcastLoop {
  private final long[] extents;
  private final long[][] strides;
  private final long rows;
  private final long width;

  /** Computes one row. */
  @FunctionalInterface
  interface Row {
    /**
     * @param out index of the row's first output element
     * @param offsets index of the row's first element in each operand; not to be kept
     */
    void run(long out, long[] offsets);
  }

  BroadcastLoop(Shape output, List<Shape> operands) {
    int rank = Math.max(output.rank(), 1);
    long[] full = new long[rank];
    long[][] steps = new long[operands.size()][rank];
    for (int axis = 0; axis < rank; axis++) {
      full[axis] = output.rank() == 0 ? 1 : output.dim(axis);
    }
    for (int i = 0; i < steps.length; i++) {
      steps[i] = strides(operands.get(i), rank);
    }
    int kept = join(full, steps, rank);
    extents = Arrays.copyOf(full, kept);
    strides = new long[steps.length][];
    for (int i = 0; i < steps.length; i++) {
      strides[i] = Arrays.copyOf(steps[i], kept);
    }
    width = extents[kept - 1];
    long count = 1;
    for (int axis = 0; axis < kept - 1; axis++) {
      count *= extents[axis];
    }
    rows = count;
  }

  private static long[] strides(Shape shape, int rank) {
    long[] strides = new long[rank];
    long stride = 1;
    for (int axis = rank - 1; axis >= 0; axis--) {
      int own = axis - (rank - shape.rank());
      long extent = own < 0 ? 1 : shape.dim(own);
      strides[axis] = extent == 1 ? 0 : stride;
      stride *= extent;
    }
    return strides;
  }

  /** Joins axes in place, last first kept in order; returns how many are left. */
  private static int join(long[] extents, long[][] strides, int rank) {
    int kept = 0;
    for (int axis = 0; axis < rank; axis++) {
      if (kept > 0 && joins(extents, strides, kept - 1, axis)) {
        extents[kept - 1] *= extents[axis];
        for (long[] operand : strides) {
          operand[kept - 1] = extents[axis] == 1 ? operand[kept - 1] : operand[axis];
        }
      } else {
        extents[kept] = extents[axis];
        for (long[] operand : strides) {
          operand[kept] = operand[axis];
        }
        kept++;
      }
    }
    return kept;
  }

  private static boolean joins(long[] extents, long[][] strides, int outer, int inner) {
    if (extents[inner] == 1 || extents[outer] == 1) {
      return extents[inner] == 1 || fold(strides, outer, inner);
    }
    for (long[] operand : strides) {
      if (operand[outer] != operand[inner] * extents[inner]) {
        return false;
      }
    }
    return true;
  }

  private static boolean fold(long[][] strides, int outer, int inner) {
    for (long[] operand : strides) {
      operand[outer] = operand[inner];
    }
    return true;
  }

  long width() {
    return width;
  }

  /** Whether an operand moves along a row (1) or stands still (0). */
  boolean moves(int operand) {
    return strides[operand][extents.length - 1] != 0;
  }

  /** Runs over all rows, in parallel; a single long row is cut into parts where possible. */
  void run(WorkerPool pool, long grainElements, Row row) {
    long grain = Math.max(1, grainElements / Math.max(1, width));
    pool.forEachRange(rows, grain, (from, to) -> range(from, to, row));
  }

  long rows() {
    return rows;
  }

  private void range(long from, long to, Row row) {
    long[] offsets = new long[strides.length];
    int outer = extents.length - 1;
    for (long index = from; index < to; index++) {
      long rest = index;
      Arrays.fill(offsets, 0);
      for (int axis = outer - 1; axis >= 0; axis--) {
        long at = rest % extents[axis];
        rest /= extents[axis];
        for (int i = 0; i < offsets.length; i++) {
          offsets[i] += at * strides[i][axis];
        }
      }
      row.run(index * width, offsets);
    }
  }
}
