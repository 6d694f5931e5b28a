package io.colubrid.engine.cuda;

import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * How kernels walk an output and operands with strides of their own: {@code Walk} of {@code
 * tensor.cuh}. Neighbouring axes are joined wherever all operands allow it.
 */
final class Walk {
  private static final int MAX_RANK = 6;
  private static final int MAX_OPERANDS = 3;

  private final List<long[]> axes = new ArrayList<>();
  private final int operands;

  /**
   * @param extents of the output
   * @param strides elements that each operand moves by along each axis
   */
  Walk(long[] extents, long[]... strides) {
    this.operands = strides.length;
    for (int axis = 0; axis < extents.length; axis++) {
      if (extents[axis] == 1) {
        continue;
      }
      long[] entry = new long[1 + operands];
      entry[0] = extents[axis];
      for (int k = 0; k < operands; k++) {
        entry[k + 1] = strides[k][axis];
      }
      join(entry);
    }
    if (axes.size() > MAX_RANK) {
      throw new ShapeException(
          "a walk over %d axes that cannot be joined; kernels take %d"
              .formatted(axes.size(), MAX_RANK));
    }
  }

  /** Operands that broadcast to an output. */
  static Walk broadcast(Shape output, Shape... operands) {
    long[][] strides = new long[operands.length][];
    for (int k = 0; k < operands.length; k++) {
      strides[k] = broadcastStrides(output, operands[k]);
    }
    return new Walk(extents(output), strides);
  }

  static long[] extents(Shape shape) {
    long[] extents = new long[shape.rank()];
    for (int axis = 0; axis < extents.length; axis++) {
      extents[axis] = shape.dim(axis);
    }
    return extents;
  }

  /** Strides of a contiguous tensor. */
  static long[] strides(Shape shape) {
    return broadcastStrides(shape, shape);
  }

  /** Strides of an operand that is repeated along some axes of an output. */
  static long[] broadcastStrides(Shape output, Shape operand) {
    long[] strides = new long[output.rank()];
    int lead = output.rank() - operand.rank();
    long stride = 1;
    for (int axis = operand.rank() - 1; axis >= 0; axis--) {
      long extent = operand.dim(axis);
      strides[lead + axis] = extent == 1 ? 0 : stride;
      stride *= extent;
    }
    return strides;
  }

  private void join(long[] entry) {
    if (!axes.isEmpty()) {
      long[] outer = axes.getLast();
      boolean joins = true;
      for (int k = 1; k <= operands; k++) {
        joins &= outer[k] == entry[k] * entry[0];
      }
      if (joins) {
        outer[0] *= entry[0];
        System.arraycopy(entry, 1, outer, 1, operands);
        return;
      }
    }
    axes.add(entry);
  }

  /** The structure as kernels take it. */
  long[] words() {
    long[] words = new long[1 + MAX_RANK * (1 + MAX_OPERANDS)];
    words[0] = axes.size();
    for (int axis = 0; axis < axes.size(); axis++) {
      words[1 + axis] = axes.get(axis)[0];
      for (int k = 0; k < operands; k++) {
        words[1 + MAX_RANK * (1 + k) + axis] = axes.get(axis)[1 + k];
      }
    }
    return words;
  }
}
