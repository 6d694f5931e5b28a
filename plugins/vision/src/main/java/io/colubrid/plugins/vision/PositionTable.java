package io.colubrid.plugins.vision;

import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;

/**
 * Learned embeddings of positions, a row a patch and one for the class token, if there is one,
 * where it stands. Patches of another grid than the table's get rows between the table's; the class
 * token keeps its own.
 *
 * @param weight [1, positions, width], positions of the table's grid row by row
 * @param grid the table's
 * @param patches those that come in
 */
record PositionTable(
    Parameter weight,
    GridConfig grid,
    GridConfig patches,
    ClassToken token,
    Interpolation interpolation) {

  /** Rows [1, positions, width] for the patches, and the class token among them. */
  Tensor rows(Ops ops) {
    Tensor table = ops.value(weight);
    if (grid.equals(patches)) {
      return table;
    }
    long count = count(grid);
    if (token == ClassToken.NONE) {
      return interpolated(ops, table);
    }
    long old = token.index(count);
    Tensor others = without(ops, table, old, count + 1);
    Tensor rows = interpolated(ops, others);
    return with(ops, rows, token.index(count(patches)), ops.slice(table, 1, old, old + 1));
  }

  static long count(GridConfig grid) {
    return (long) grid.height() * grid.width();
  }

  private Tensor interpolated(Ops ops, Tensor table) {
    double[] weights = interpolation.matrix(grid, patches);
    Tensor matrix = ops.constant(table.dtype(), Shape.of(1, count(patches), count(grid)), weights);
    return ops.matmul(matrix, table);
  }

  private static Tensor without(Ops ops, Tensor rows, long index, long count) {
    if (index == 0) {
      return ops.slice(rows, 1, 1, count);
    }
    Tensor before = ops.slice(rows, 1, 0, index);
    return index == count - 1
        ? before
        : ops.concat(1, List.of(before, ops.slice(rows, 1, index + 1, count)));
  }

  /**
   * Puts a row [batch, 1, width] in front of a position, or behind the last.
   *
   * @param rows [batch, positions, width]
   */
  static Tensor with(Ops ops, Tensor rows, long index, Tensor row) {
    long count = rows.dim(1);
    if (index == 0) {
      return ops.concat(1, List.of(row, rows));
    }
    if (index == count) {
      return ops.concat(1, List.of(rows, row));
    }
    return ops.concat(
        1, List.of(ops.slice(rows, 1, 0, index), row, ops.slice(rows, 1, index, count)));
  }
}
