package io.colubrid.plugins.moe;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.DifferentiableOp;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Brings what experts made back to the positions it was made for: Σ_i weight_i · row of slot_i.
 *
 * <p>Inputs: rows [slots, width]; weights [positions, k]; slots I32 [positions, k], none of them
 * twice, −1 for none; and positions I32 [slots], the position in each slot, −1 for none. Output:
 * [positions, width], of the dtype of rows; weights may be F32 whatever that is.
 */
record Combine() implements DifferentiableOp {
  static final int ROWS = 0;
  static final int WEIGHTS = 1;
  static final int SLOTS = 2;
  static final int POSITIONS = 3;

  Tensor apply(Ops ops, Tensor rows, Tensor weights, ExpertQueues.Result queues) {
    return ops.apply(this, rows, weights, queues.slots(), queues.positions()).getFirst();
  }

  @Override
  public String name() {
    return "combine-experts";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    TensorType rows = requireNonNull(inputs.get(ROWS));
    TensorType weights = requireNonNull(inputs.get(WEIGHTS));
    TensorType slots = requireNonNull(inputs.get(SLOTS));
    if (rows.shape().rank() != 2
        || (rows.dtype() != weights.dtype() && weights.dtype() != DType.F32)
        || !weights.shape().equals(slots.shape())
        || !TensorType.i32(rows.shape().dim(0)).equals(inputs.get(POSITIONS))) {
      throw new ShapeException(
          "combine-experts: rows %s, weights %s, slots %s and positions %s do not fit"
              .formatted(rows, weights, slots, inputs.get(POSITIONS)));
    }
    return List.of(rows.withShape(Shape.of(weights.shape().dim(0), rows.shape().dim(1))));
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    Tensor rows = requireNonNull(inputs.get(ROWS));
    Tensor weights = requireNonNull(inputs.get(WEIGHTS));
    long positions = weights.dim(0);
    long k = weights.dim(1);
    Tensor slots = ops.reshape(requireNonNull(inputs.get(SLOTS)), Shape.of(positions * k));
    Tensor weighted =
        ops.multiply(ops.gatherRows(rows, slots), ops.reshape(weights, Shape.of(positions * k, 1)));
    Tensor each = ops.reshape(weighted, Shape.of(positions, k, rows.dim(1)));
    Tensor sum = ops.reshape(ops.sum(each, 1), Shape.of(positions, rows.dim(1)));
    return List.of(ops.cast(sum, rows.dtype()));
  }

  @Override
  public CpuBody cpuBody() {
    return CombineCpu.BODY;
  }

  @Override
  public CudaBody cudaBody() {
    return CombineCuda.BODY;
  }
}
