package io.colubrid.nn;

import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.DifferentiableOp;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The selective state space recurrence of Mamba (Gu and Dao, 2023, algorithm 2, with Euler's rule
 * for B as the released models compute it):
 *
 * <pre>
 * Δ_t = softplus(delta_t + deltaBias)          A = −exp(aLog)
 * h_t = exp(Δ_t·A)·h_{t−1} + Δ_t·u_t·B_t        y_t = (h_t·C_t + skip·u_t)·SiLU(gate_t)
 * </pre>
 *
 * <p>Where segments are given, the state starts from zeros wherever a document follows another;
 * positions of padding (−1) leave it as it is and put out zeros. The first document continues the
 * state that came in.
 *
 * @param softplus whether Δ is softplus of what is given, or what is given itself, which must not
 *     be negative
 * @param reversed whether it runs from the last position to the first, so that t − 1 above is the
 *     position behind; such a scan takes no state
 */
public record SelectiveScan(boolean softplus, boolean reversed) implements DifferentiableOp {
  static final int U = 0;
  static final int DELTA = 1;
  static final int A_LOG = 2;
  static final int B = 3;
  static final int C = 4;
  static final int SKIP = 5;
  static final int GATE = 6;
  static final int DELTA_BIAS = 7;
  static final int STATE = 8;
  static final int SEGMENTS = 9;
  private static final Set<Integer> ALONG = Set.of(U, DELTA, B, C, GATE, SEGMENTS);

  /** A start of aLog: rates −1, −2, ..., −N in every channel (S4D-real). */
  public static Initializer realRates() {
    return (index, shape, draw) -> Math.log(index % shape.dim(-1) + 1);
  }

  /** A scan from the first position to the last. */
  public SelectiveScan(boolean softplus) {
    this(softplus, false);
  }

  /**
   * What a scan is of.
   *
   * @param u [batch, length, channels]
   * @param delta [batch, length, channels]
   * @param aLog [channels, states]
   * @param b [batch, length, states]
   * @param c [batch, length, states]
   * @param skip [channels], or null for none
   * @param gate [batch, length, channels], or null for none
   * @param deltaBias [channels], or null for none
   * @param state [batch, channels, states], overwritten by the state after the last step; null to
   *     start from zeros; F32, or BF16, which it is rounded to once
   * @param segments I32 [batch, length], or null if every row is one sequence
   */
  public record Operands(
      Tensor u,
      Tensor delta,
      Tensor aLog,
      Tensor b,
      Tensor c,
      @Nullable Tensor skip,
      @Nullable Tensor gate,
      @Nullable Tensor deltaBias,
      @Nullable Tensor state,
      @Nullable Tensor segments) {}

  /**
   * What a scan gives.
   *
   * @param y [batch, length, channels]
   * @param state the advanced state, or null where none was given
   */
  public record Result(Tensor y, @Nullable Tensor state) {}

  public Result apply(Ops ops, Operands of) {
    List<Tensor> outputs =
        ops.apply(
            this,
            of.u,
            of.delta,
            of.aLog,
            of.b,
            of.c,
            of.skip,
            of.gate,
            of.deltaBias,
            of.state,
            of.segments);
    return new Result(outputs.get(0), of.state == null ? null : outputs.get(1));
  }

  @Override
  public String name() {
    return "selective-scan";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    OperandShapes operands = new OperandShapes(name(), inputs);
    TensorType u = operands.require(U, "u", 3);
    Shape stream = u.shape();
    long states = operands.require(A_LOG, "aLog", 2).shape().dim(1);
    Shape channels = Shape.of(stream.dim(2));
    operands.require(DELTA, "delta", stream);
    operands.require(A_LOG, "aLog", channels.insert(1, states));
    operands.require(B, "b", stream.with(2, states));
    operands.require(C, "c", stream.with(2, states));
    operands.allow(SKIP, "skip", channels);
    operands.allow(GATE, "gate", stream);
    operands.allow(DELTA_BIAS, "deltaBias", channels);
    Shape state = stream.with(1, channels.dim(0)).with(2, states);
    operands.allow(STATE, "state", state);
    if (reversed && inputs.get(STATE) != null) {
      throw new ShapeException(name() + ": a reversed scan begins at the end and takes no state");
    }
    operands.allow(SEGMENTS, "segments", stream.without(2));
    TensorType carried = inputs.get(STATE);
    return carried == null ? List.of(u) : List.of(u, carried);
  }

  @Override
  public int inPlaceOf(int output) {
    return output == 1 ? STATE : -1;
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    if (RoundedState.is(inputs.get(STATE))) {
      return RoundedState.apply(ops, this, inputs, STATE);
    }
    return reversed
        ? Reversal.of(
            ops, inputs, ALONG, turned -> new SelectiveScan(softplus).reference(ops, turned))
        : new SelectiveScanReference(softplus, ops, inputs).outputs();
  }

  /**
   * Of each state: three products (Δ·A, Δu·B, decay·h) and one sum for the recurrence, a
   * multiply-add for y; of each channel: Δ·u, and skip·u if there is a skip.
   */
  @Override
  public long flops(List<@Nullable TensorType> inputs) {
    OperandShapes operands = new OperandShapes(name(), inputs);
    long steps = operands.require(U, "u", 3).shape().elements();
    long states = operands.require(A_LOG, "aLog", 2).shape().dim(1);
    return steps * (6 * states + 1 + (inputs.get(SKIP) == null ? 0 : 2));
  }

  @Override
  public CpuBody cpuBody() {
    return SelectiveScanCpu.of(softplus, reversed);
  }

  @Override
  public boolean runsWithoutVectors() {
    return true;
  }

  @Override
  public CudaBody cudaBody() {
    return new SelectiveScanCuda(this);
  }
}
