package io.colubrid.plugins.vision;

import io.colubrid.nn.SelectiveScan;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.op.Ops;
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

  /**
   * @param grid [batch, height, width, inner]
   * @return the same shape
   */
  Tensor apply(Ops ops, Tensor grid) {
    // The projection looks at single positions, so one product serves all orders.
    CrossSplit.Result read =
        new CrossSplit(rank, aLog.shape().dim(1)).apply(ops, grid, ops.linear(grid, projection));
    Tensor byRows = CrossSplit.flat(ops, grid);
    List<Tensor> ways = new ArrayList<>();
    for (int way = 0; way < WAYS; way++) {
      ways.add(scan(ops, way % 2 == 0 ? byRows : read.turned(), read, way));
    }
    return new CrossMerge(grid.dim(1), grid.dim(2)).apply(ops, ways);
  }

  /**
   * One way along positions that already stand in its order, or in the reverse.
   *
   * @return [batch, positions, inner]
   */
  private Tensor scan(Ops ops, Tensor ordered, CrossSplit.Result read, int way) {
    Tensor steps = ops.linear(read.part(way, 0), of(stepWeight, way));
    return new SelectiveScan(true, way >= 2)
        .apply(
            ops,
            new SelectiveScan.Operands(
                ordered,
                steps,
                ops.value(of(aLog, way)),
                read.part(way, 1),
                read.part(way, 2),
                ops.value(of(skip, way)),
                null,
                ops.value(of(stepBias, way)),
                null,
                null))
        .y();
  }

  private static Parameter of(Parameter stacked, int way) {
    long rows = stacked.shape().dim(0) / WAYS;
    return stacked.rows(way * rows, (way + 1) * rows);
  }
}
