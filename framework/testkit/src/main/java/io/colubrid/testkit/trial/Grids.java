package io.colubrid.testkit.trial;

import io.colubrid.runtime.model.ModelPass;
import io.colubrid.runtime.model.StandaloneLayer;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;

/** Lets layers of grids run on rows of positions, which stand row by row in the grid. */
final class Grids {
  private Grids() {}

  /** Runs a layer on x [batch, length, width]; gives the same axes. */
  static Tensor forward(StandaloneLayer layer, Tensor x, ModelPass pass) {
    if (layer.input().grid() == null) {
      return layer.forward(x, pass);
    }
    Ops ops = pass.ops();
    long height = height(x.dim(1));
    Tensor grid = ops.reshape(x, Shape.of(x.dim(0), height, x.dim(1) / height, x.dim(2)));
    Tensor y = layer.forward(grid, pass);
    return ops.reshape(y, Shape.of(y.dim(0), y.dim(1) * y.dim(2), y.dim(3)));
  }

  /** Rows of the grid of so many positions that is closest to a square and not higher than wide. */
  private static long height(long positions) {
    long height = (long) Math.sqrt((double) positions);
    while (positions % height != 0) {
      height--;
    }
    return height;
  }
}
