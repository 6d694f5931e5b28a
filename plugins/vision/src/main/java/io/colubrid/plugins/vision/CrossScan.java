package io.colubrid.plugins.vision;

import io.colubrid.nn.SelectiveScan;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * VMamba's four-way scan (Liu et al., 2024): row by row, column by column, and both from the end,
 * each with parameters of its own; brought back to the grid and summed. The parameters of the four
 * stand one behind the other along the first axis.
 *
 * @param rank features that step sizes are projected from
 * @param projection [4 · (rank + 2 · states), inner]
 * @param stepWeight [4 · inner, rank]
 * @param stepBias [4 · inner]
 * @param aLog [4 · inner, states]
 * @param skip D, [4 · inner]
 */
record CrossScan(
    long rank,
    Parameter projection,
    Parameter stepWeight,
    Parameter stepBias,
    Parameter aLog,
    Parameter skip) {
  static final int WAYS = 4;
  private static final int[] TURNED = {0, 2, 1, 3};

  /**
   * @param grid [batch, height, width, inner]
   * @return the same shape
   */
  Tensor apply(Ops ops, Tensor grid) {
    // The projection looks at single positions, so one product serves all orders.
    Tensor parts = ops.linear(grid, projection);
    Tensor turnedGrid = ops.permute(grid, TURNED);
    Tensor byRows = ops.add(scan(ops, grid, parts, 0), scan(ops, grid, parts, 2));
    Tensor byColumns = ops.add(scan(ops, turnedGrid, parts, 1), scan(ops, turnedGrid, parts, 3));
    Tensor rows = ops.reshape(byRows, grid.shape());
    Tensor columns = ops.permute(ops.reshape(byColumns, turnedGrid.shape()), TURNED);
    return ops.add(rows, columns);
  }

  /**
   * One way along positions that already stand in its order, or in the reverse.
   *
   * @return [batch, positions, inner]
   */
  private Tensor scan(Ops ops, Tensor ordered, Tensor parts, int way) {
    long states = aLog.shape().dim(1);
    List<Tensor> own = own(ops, parts, way, rank, states, states);
    Tensor u = flat(ops, ordered);
    Tensor steps = ops.linear(own.get(0), of(stepWeight, way));
    return new SelectiveScan(true, way >= 2)
        .apply(
            ops,
            new SelectiveScan.Operands(
                u,
                steps,
                ops.value(of(aLog, way)),
                own.get(1),
                own.get(2),
                ops.value(of(skip, way)),
                null,
                ops.value(of(stepBias, way)),
                null,
                null))
        .y();
  }

  /** What a way gets of the projection, in its order: parts of the given widths. */
  private static List<Tensor> own(Ops ops, Tensor parts, int way, long... widths) {
    long from = 0;
    for (long width : widths) {
      from += way * width;
    }
    List<Tensor> own = new ArrayList<>();
    for (long width : widths) {
      Tensor part = ops.slice(parts, 3, from, from + width);
      own.add(flat(ops, way % 2 == 0 ? part : ops.permute(part, TURNED)));
      from += width;
    }
    return own;
  }

  private static Parameter of(Parameter stacked, int way) {
    long rows = stacked.shape().dim(0) / WAYS;
    return stacked.rows(way * rows, (way + 1) * rows);
  }

  private static Tensor flat(Ops ops, Tensor grid) {
    Shape shape = grid.shape();
    return ops.reshape(grid, Shape.of(shape.dim(0), shape.product(1, 3), shape.dim(3)));
  }
}
