package io.colubrid.plugins.moe;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.DifferentiableOp;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Brings positions to the slots that they were given. A gather of rows; that a slot is known by its
 * position and a position by its slots lets its gradient be a gather too.
 *
 * <p>Inputs: x [positions, width]; slots I32 [positions, k], −1 for none; and positions I32
 * [slots], −1 for none. Output: [slots, width], zeros where nobody stands.
 */
record Dispatch() implements DifferentiableOp {
  static final int X = 0;
  static final int SLOTS = 1;
  static final int POSITIONS = 2;

  Tensor apply(Ops ops, Tensor x, ExpertQueues.Result queues) {
    return ops.apply(this, x, queues.slots(), queues.positions()).getFirst();
  }

  @Override
  public String name() {
    return "dispatch-to-experts";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    TensorType x = requireNonNull(inputs.get(X));
    TensorType slots = requireNonNull(inputs.get(SLOTS));
    TensorType positions = requireNonNull(inputs.get(POSITIONS));
    if (x.shape().rank() != 2
        || slots.shape().rank() != 2
        || slots.shape().dim(0) != x.shape().dim(0)
        || positions.shape().rank() != 1) {
      throw new ShapeException(
          "dispatch-to-experts: x %s, slots %s and positions %s do not fit"
              .formatted(x, slots, positions));
    }
    return List.of(x.withShape(x.shape().with(0, positions.shape().dim(0))));
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    return List.of(
        ops.gatherRows(requireNonNull(inputs.get(X)), requireNonNull(inputs.get(POSITIONS))));
  }

  @Override
  public CudaBody cudaBody() {
    return DispatchCuda.BODY;
  }
}
