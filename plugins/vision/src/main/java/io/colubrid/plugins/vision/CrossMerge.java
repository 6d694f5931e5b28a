package io.colubrid.plugins.vision;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.DifferentiableOp;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Brings the ways of a {@link CrossScan} back to the grid and adds them up.
 *
 * <p>Inputs: four of [batch, height · width, inner], even ones row by row, odd ones column by
 * column. Output: [batch, height, width, inner].
 */
record CrossMerge(long height, long width) implements DifferentiableOp {
  private static final int[] TURNED = {0, 2, 1, 3};

  Tensor apply(Ops ops, List<Tensor> ways) {
    return ops.apply(this, ways.toArray(Tensor[]::new)).getFirst();
  }

  @Override
  public String name() {
    return "cross-merge";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    TensorType first = requireNonNull(inputs.getFirst());
    Shape way = first.shape();
    if (inputs.size() != CrossScan.WAYS
        || way.rank() != 3
        || way.dim(1) != height * width
        || !inputs.stream().allMatch(first::equals)) {
      throw new ShapeException(
          "%s: needs four ways of %d positions, not %s".formatted(name(), height * width, inputs));
    }
    return List.of(first.withShape(Shape.of(way.dim(0), height, width, way.dim(2))));
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    Tensor byRows = ops.add(way(inputs, 0), way(inputs, 2));
    Tensor byColumns = ops.add(way(inputs, 1), way(inputs, 3));
    Shape grid = Shape.of(byRows.dim(0), height, width, byRows.dim(2));
    Shape turned = Shape.of(byRows.dim(0), width, height, byRows.dim(2));
    Tensor columns = ops.permute(ops.reshape(byColumns, turned), TURNED);
    return List.of(ops.add(ops.reshape(byRows, grid), columns));
  }

  private static Tensor way(List<@Nullable Tensor> inputs, int way) {
    return requireNonNull(inputs.get(way));
  }

  @Override
  public CudaBody cudaBody() {
    return new CrossMergeCuda(this);
  }
}
