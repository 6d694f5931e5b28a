package io.colubrid.plugins.vision;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.DifferentiableOp;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the ways of a {@link CrossScan} read, each in its order: even ways go along rows, odd ones
 * along columns.
 *
 * <p>Inputs: grid [batch, height, width, inner]; parts [batch, height, width, 4 · (rank + 2 ·
 * states)]. Outputs: the grid column by column [batch, positions, inner]; then for each way its
 * parts of the widths rank, states and states, [batch, positions, such a width].
 */
record CrossSplit(long rank, long states) implements DifferentiableOp {
  static final int GRID = 0;
  static final int ALL = 1;
  static final int PARTS = 3;
  private static final int[] TURNED = {0, 2, 1, 3};

  /** What ways read. */
  record Result(Tensor turned, List<Tensor> parts) {
    /** Of a way: 0 for what step sizes are made of, 1 for B, 2 for C. */
    Tensor part(int way, int part) {
      return parts.get(way * PARTS + part);
    }
  }

  Result apply(Ops ops, Tensor grid, Tensor parts) {
    List<Tensor> outputs = ops.apply(this, grid, parts);
    return new Result(outputs.getFirst(), outputs.subList(1, outputs.size()));
  }

  @Override
  public String name() {
    return "cross-split";
  }

  long[] widths() {
    return new long[] {rank, states, states};
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    TensorType grid = requireNonNull(inputs.get(GRID));
    TensorType parts = requireNonNull(inputs.get(ALL));
    long width = CrossScan.WAYS * (rank + 2 * states);
    if (grid.shape().rank() != 4 || !parts.shape().equals(grid.shape().with(3, width))) {
      throw new ShapeException(
          "%s: grid %s and parts %s do not fit, of which a position has %d"
              .formatted(name(), grid, parts, width));
    }
    Shape flat = Shape.of(grid.shape().dim(0), grid.shape().product(1, 3), grid.shape().dim(3));
    List<TensorType> outputs = new ArrayList<>();
    outputs.add(grid.withShape(flat));
    for (int way = 0; way < CrossScan.WAYS; way++) {
      for (long each : widths()) {
        outputs.add(parts.withShape(flat.with(2, each)));
      }
    }
    return outputs;
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    Tensor all = requireNonNull(inputs.get(ALL));
    List<Tensor> outputs = new ArrayList<>();
    outputs.add(flat(ops, ops.permute(requireNonNull(inputs.get(GRID)), TURNED)));
    long from = 0;
    for (int way = 0; way < CrossScan.WAYS; way++) {
      for (long width : widths()) {
        Tensor part = ops.slice(all, 3, from, from + width);
        outputs.add(flat(ops, way % 2 == 0 ? part : ops.permute(part, TURNED)));
        from += width;
      }
    }
    return outputs;
  }

  /** [batch, positions, channels] of a grid. */
  static Tensor flat(Ops ops, Tensor grid) {
    Shape shape = grid.shape();
    return ops.reshape(grid, Shape.of(shape.dim(0), shape.product(1, 3), shape.dim(3)));
  }

  @Override
  public CudaBody cudaBody() {
    return new CrossSplitCuda(this);
  }
}
