package org.example.gla;

import io.colubrid.nn.OperandShapes;
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
 * Linear attention whose memory fades, head by head and at every position by another factor (Yang
 * et al., 2023, with one gate a head):
 *
 * <pre>
 * S_t = exp(g_t)·S_{t−1} + k_t·v_tᵀ,   o_t = S_tᵀ·q_t
 * </pre>
 *
 * <p>S is a matrix [key, value] for each head. Where positions are given, every document but the
 * first starts from zeros, and padding (−1) is skipped as if it were not there.
 *
 * @param heads number of heads, which the last axes are divided into
 */
record GatedLinearAttention(int heads) implements DifferentiableOp {
  static final int Q = 0;
  static final int K = 1;
  static final int V = 2;
  static final int DECAY = 3;
  static final int POSITIONS = 4;
  static final int STATE = 5;

  /**
   * What goes in.
   *
   * @param q [batch, length, heads·key]
   * @param k the same
   * @param v [batch, length, heads·value]
   * @param decay g, [batch, length, heads], not above 0
   * @param positions I32 [batch, length], or null if every row is one document
   * @param state S before the first position, [batch, heads, key, value], overwritten by the last;
   *     null for zeros
   */
  record Operands(
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor decay,
      @Nullable Tensor positions,
      @Nullable Tensor state) {}

  /**
   * What comes out.
   *
   * @param o [batch, length, heads·value], zero at padding
   * @param state S behind the last position, or null where none was given
   */
  record Result(Tensor o, @Nullable Tensor state) {}

  Result apply(Ops ops, Operands in) {
    List<Tensor> outputs =
        ops.apply(this, in.q(), in.k(), in.v(), in.decay(), in.positions(), in.state());
    return new Result(outputs.get(0), in.state() == null ? null : outputs.get(1));
  }

  @Override
  public String name() {
    return "gated-linear-attention";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    OperandShapes operands = new OperandShapes(name(), inputs);
    Shape q = operands.require(Q, "q", 3).shape();
    TensorType v = operands.require(V, "v", 3);
    if (q.dim(2) % heads != 0 || v.shape().dim(2) % heads != 0) {
      throw new ShapeException(
          "%s: the last axes of q %s and v %s must be divisible by %d heads"
              .formatted(name(), q, v.shape(), heads));
    }
    operands.require(K, "k", q);
    operands.require(V, "v", q.with(2, v.shape().dim(2)));
    operands.require(DECAY, "decay", q.with(2, heads));
    operands.allow(POSITIONS, "positions", q.without(2));
    Shape state = Shape.of(q.dim(0), heads, q.dim(2) / heads, v.shape().dim(2) / heads);
    operands.allow(STATE, "state", state);
    TensorType given = inputs.get(STATE);
    return given == null ? List.of(v) : List.of(v, given);
  }

  @Override
  public int inPlaceOf(int output) {
    return output == 1 ? STATE : -1;
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    return new GatedLinearAttentionReference(heads, ops, inputs).outputs();
  }

  /** A multiply-add for each element of S to advance it, and one to read it. */
  @Override
  public long flops(List<@Nullable TensorType> inputs) {
    OperandShapes operands = new OperandShapes(name(), inputs);
    Shape q = operands.require(Q, "q", 3).shape();
    return 4 * q.elements() * (operands.require(V, "v", 3).shape().dim(2) / heads);
  }

  /** S before and behind every position again, and the gradient of S. */
  @Override
  public long backwardFlops(List<@Nullable TensorType> inputs) {
    return 5 * flops(inputs) / 2;
  }

  @Override
  public CpuBody cpuBody() {
    return new GatedLinearAttentionCpu(heads);
  }

  @Override
  public boolean runsWithoutVectors() {
    return true;
  }

  @Override
  public @Nullable CudaBody cudaBody() {
    return GatedLinearAttentionCuda.built() ? new GatedLinearAttentionCuda(heads) : null;
  }
}
