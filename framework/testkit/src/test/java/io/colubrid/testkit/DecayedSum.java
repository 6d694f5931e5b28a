package io.colubrid.testkit;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.DifferentiableOp;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * h[t] = a·h[t − 1] + u[t], zero before the first position of a document. Inputs: u [batch, length,
 * width], a [width], optional positions I32 [batch, length], optional state [batch, width].
 * Outputs: h, zero at padding, and the advanced state where there is one.
 */
record DecayedSum(Fault fault) implements DifferentiableOp {
  static final int U = 0;
  static final int A = 1;
  static final int POSITIONS = 2;
  static final int STATE = 3;

  @Override
  public String name() {
    return "decayed-sum";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    TensorType u = requireNonNull(inputs.get(U));
    TensorType state = inputs.get(STATE);
    return state == null ? List.of(u) : List.of(u, state);
  }

  // One operation for passes with states and without: the state's output stands at 1 or nowhere.
  @Override
  public int inPlaceOf(int output) {
    boolean copies = fault == Fault.FORGETS_THE_STATE;
    return output == 1 && !copies ? STATE : -1;
  }

  @Override
  public boolean differentiable(int output) {
    return output == 0;
  }

  @Override
  public long flops(List<@Nullable TensorType> inputs) {
    Shape u = requireNonNull(inputs.get(U)).shape();
    return switch (fault) {
      case COUNTS_ONE_ROW -> 2 * u.dim(1) * u.dim(2);
      case COUNTS_TOO_MUCH -> 10 * u.elements();
      default -> 2 * u.elements();
    };
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    Tensor u = requireNonNull(inputs.get(U));
    Tensor a = requireNonNull(inputs.get(A));
    Tensor decay = fault == Fault.DEFINITION_STOPS_A_GRADIENT ? ops.stopGradient(a) : a;
    Tensor state = inputs.get(STATE);
    Shape row = Shape.of(u.dim(0), 1, u.dim(2));
    Tensor zero = ops.constant(u.dtype(), row, 0);
    Tensor h = state == null ? zero : ops.reshape(state, row);
    List<Tensor> all = new ArrayList<>();
    for (long t = 0; t < u.dim(1); t++) {
      Tensor next = ops.add(ops.multiply(h, decay), ops.slice(u, 1, t, t + 1));
      Tensor positions = inputs.get(POSITIONS);
      if (positions == null) {
        h = next;
        all.add(h);
        continue;
      }
      Tensor position =
          ops.slice(ops.reshape(positions, positions.shape().insert(2, 1)), 1, t, t + 1);
      Tensor none = ops.constant(DType.I32, Shape.scalar(), 0);
      Tensor first = ops.compare(Comparison.EQUAL, position, none);
      Tensor there = ops.compare(Comparison.GREATER_OR_EQUAL, position, none);
      Tensor started = state == null ? ops.where(first, ops.slice(u, 1, t, t + 1), next) : next;
      h = ops.where(there, started, h);
      all.add(ops.where(there, h, zero));
    }
    Tensor out = ops.concat(1, all);
    return state == null ? List.of(out) : List.of(out, ops.reshape(h, state.shape()));
  }

  @Override
  public CpuBody cpuBody() {
    return new DecayedSumCpu(fault);
  }
}
