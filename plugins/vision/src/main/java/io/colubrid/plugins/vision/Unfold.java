package io.colubrid.plugins.vision;

import io.colubrid.spi.op.CpuBody;
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
 * The square windows of a grid, each as a row, so that a convolution is a product:
 *
 * <pre>
 * y[b, i, j] = x[b, i·stride − padding + r, j·stride − padding + c]   for r, c below size
 * </pre>
 *
 * <p>Input: x [batch, height, width, channels]. Output: [batch, rows, columns, size · size ·
 * channels] in the order of r, c and channel. Outside of the grid lie zeros.
 *
 * @param size rows and columns of a window
 * @param stride from a window to the next
 * @param padding rows and columns of zeros around the grid
 */
record Unfold(int size, int stride, int padding) implements DifferentiableOp {
  Tensor apply(Ops ops, Tensor x) {
    return ops.apply(this, x).getFirst();
  }

  @Override
  public String name() {
    return "unfold";
  }

  /** Windows along an axis. */
  long windows(long extent) {
    return Math.floorDiv(extent + 2L * padding - size, stride) + 1;
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    TensorType x = inputs.getFirst();
    if (x == null || x.shape().rank() != 4 || !x.dtype().isFloating()) {
      throw new ShapeException(
          name() + ": x must be floating [batch, height, width, channels], but is " + x);
    }
    Shape grid = x.shape();
    long rows = windows(grid.dim(1));
    long columns = windows(grid.dim(2));
    if (rows < 1 || columns < 1) {
      throw new ShapeException(
          "unfold: a window of %d does not fit into a grid of %d by %d with %d of padding"
              .formatted(size, grid.dim(1), grid.dim(2), padding));
    }
    long features = (long) size * size * grid.dim(3);
    return List.of(x.withShape(Shape.of(grid.dim(0), rows, columns, features)));
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    return UnfoldReference.outputs(this, ops, inputs);
  }

  @Override
  public CpuBody cpuBody() {
    return new UnfoldCpu(this);
  }

  @Override
  public CudaBody cudaBody() {
    return new UnfoldCuda(this);
  }
}
