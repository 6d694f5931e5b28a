package io.colubrid.engine.tape;

import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.Shape;

/** Rules for operands of unequal shapes: aligned at the last axis, an extent of 1 is repeated. */
final class Broadcasting {
  private Broadcasting() {}

  static Shape common(String operation, Shape a, Shape b) {
    int rank = Math.max(a.rank(), b.rank());
    long[] dims = new long[rank];
    for (int i = 0; i < rank; i++) {
      long left = extent(a, i, rank);
      long right = extent(b, i, rank);
      if (left != right && left != 1 && right != 1) {
        throw new ShapeException(operation + ": shapes " + a + " and " + b + " do not broadcast");
      }
      dims[i] = left == 1 ? right : left;
    }
    return Shape.of(dims);
  }

  static boolean reaches(Shape from, Shape to) {
    if (from.rank() > to.rank()) {
      return false;
    }
    for (int i = 0; i < to.rank(); i++) {
      long extent = extent(from, i, to.rank());
      if (extent != 1 && extent != to.dim(i)) {
        return false;
      }
    }
    return true;
  }

  /** The shape with leading axes of extent 1 up to a rank. */
  static Shape padded(Shape shape, int rank) {
    long[] dims = new long[rank];
    for (int i = 0; i < rank; i++) {
      dims[i] = extent(shape, i, rank);
    }
    return Shape.of(dims);
  }

  private static long extent(Shape shape, int axis, int rank) {
    int own = axis - (rank - shape.rank());
    return own < 0 ? 1 : shape.dim(own);
  }
}
