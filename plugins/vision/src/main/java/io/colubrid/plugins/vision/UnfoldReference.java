package io.colubrid.plugins.vision;

import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The definition of {@link Unfold}: positions are gathered by their indices. */
final class UnfoldReference {
  private UnfoldReference() {}

  static List<Tensor> outputs(Unfold unfold, Ops ops, List<@Nullable Tensor> inputs) {
    Tensor x = Objects.requireNonNull(inputs.getFirst());
    Shape grid = x.shape();
    long channels = grid.dim(3);
    double[] indices = indices(unfold, grid);
    Tensor rows =
        ops.gatherRows(
            ops.reshape(x, Shape.of(grid.product(0, 3), channels)),
            ops.constant(DType.I32, Shape.of(indices.length), indices));
    return List.of(
        ops.reshape(
            rows,
            Shape.of(
                grid.dim(0),
                unfold.windows(grid.dim(1)),
                unfold.windows(grid.dim(2)),
                (long) unfold.size() * unfold.size() * channels)));
  }

  /** Index of each position of each window among all positions; −1 outside of the grid. */
  private static double[] indices(Unfold unfold, Shape grid) {
    int size = unfold.size();
    long rows = unfold.windows(grid.dim(1));
    long columns = unfold.windows(grid.dim(2));
    double[] indices = new double[Math.toIntExact(grid.dim(0) * rows * columns * size * size)];
    for (int at = 0; at < indices.length; at++) {
      int rest = at / (size * size);
      long column = rest % columns * unfold.stride() - unfold.padding() + at % size;
      long row = rest / columns % rows * unfold.stride() - unfold.padding() + at / size % size;
      boolean inside = row >= 0 && row < grid.dim(1) && column >= 0 && column < grid.dim(2);
      long image = rest / (rows * columns);
      indices[at] = inside ? (image * grid.dim(1) + row) * grid.dim(2) + column : -1;
    }
    return indices;
  }
}
