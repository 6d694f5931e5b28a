package io.colubrid.plugins.mamba2ssd;

import io.colubrid.nn.OperandShapes;
import io.colubrid.nn.RoundedState;
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
 * The recurrence of Mamba-2 (Dao and Gu, 2024), whose decay is one scalar a head and step:
 *
 * <pre>
 * Δ_t = softplus(delta_t + deltaBias), bounded      A = −exp(aLog)
 * h_t = exp(Δ_t·A)·h_{t−1} + Δ_t·x_t·B_tᵀ            y_t = h_t·C_t + skip·x_t
 * </pre>
 *
 * <p>Heads of a group stand side by side and share B and C. Where segments are given, the state
 * starts from zeros wherever a document follows another; positions of padding (−1) leave it as it
 * is and put out zeros. The first document continues the state that came in.
 *
 * @param groups of B and C
 * @param states a channel
 * @param chunk positions that the body for the CPU multiplies as one matrix
 * @param minStep lower bound of Δ
 * @param maxStep upper bound of Δ, perhaps infinite
 */
public record Ssd(long groups, long states, int chunk, double minStep, double maxStep)
    implements DifferentiableOp {
  static final int XBC = 0;
  static final int DELTA = 1;
  static final int A_LOG = 2;
  static final int SKIP = 3;
  static final int DELTA_BIAS = 4;
  static final int STATE = 5;
  static final int SEGMENTS = 6;

  /**
   * What a recurrence is of.
   *
   * @param xBC [batch, length, heads·headDim + 2·groups·states]: x, B and C side by side
   * @param delta [batch, length, heads]
   * @param aLog [heads]
   * @param skip [heads], or null for none
   * @param deltaBias [heads], or null for none
   * @param state [batch, heads, headDim, states], overwritten by the state after the last step;
   *     null to start from zeros; F32, or BF16, which it is rounded to once
   * @param segments I32 [batch, length], or null if every row is one sequence
   */
  public record Operands(
      Tensor xBC,
      Tensor delta,
      Tensor aLog,
      @Nullable Tensor skip,
      @Nullable Tensor deltaBias,
      @Nullable Tensor state,
      @Nullable Tensor segments) {}

  /**
   * What a recurrence gives.
   *
   * @param y [batch, length, heads·headDim]
   * @param state the advanced state, or null where none was given
   */
  public record Result(Tensor y, @Nullable Tensor state) {}

  public Result apply(Ops ops, Operands of) {
    List<Tensor> outputs =
        ops.apply(this, of.xBC, of.delta, of.aLog, of.skip, of.deltaBias, of.state, of.segments);
    return new Result(outputs.get(0), of.state == null ? null : outputs.get(1));
  }

  @Override
  public String name() {
    return "ssd";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    OperandShapes operands = new OperandShapes(name(), inputs);
    TensorType xBC = operands.require(XBC, "xBC", 3);
    Shape heads = operands.require(A_LOG, "aLog", 1).shape();
    long inner = xBC.shape().dim(2) - 2 * groups * states;
    long count = heads.dim(0);
    if (inner <= 0 || count == 0 || inner % count != 0 || count % groups != 0) {
      throw new ShapeException(
          "ssd: %s cannot be x of %d heads with B and C of %d groups and %d states"
              .formatted(xBC, count, groups, states));
    }
    Shape stream = xBC.shape();
    operands.require(DELTA, "delta", stream.with(2, count));
    operands.allow(SKIP, "skip", heads);
    operands.allow(DELTA_BIAS, "deltaBias", heads);
    Shape state = Shape.of(stream.dim(0), count, inner / count, states);
    operands.allow(STATE, "state", state);
    operands.allow(SEGMENTS, "segments", stream.without(2));
    TensorType y = xBC.withShape(stream.with(2, inner));
    TensorType carried = inputs.get(STATE);
    return carried == null ? List.of(y) : List.of(y, carried);
  }

  @Override
  public int inPlaceOf(int output) {
    return output == 1 ? STATE : -1;
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    return RoundedState.is(inputs.get(STATE))
        ? RoundedState.apply(ops, this, inputs, STATE)
        : new SsdReference(this, ops, inputs).outputs();
  }

  @Override
  public long flops(List<@Nullable TensorType> inputs) {
    return SsdShape.of(this, inputs).flops(inputs.get(STATE) != null);
  }

  @Override
  public long backwardFlops(List<@Nullable TensorType> inputs) {
    return SsdShape.of(this, inputs).backwardFlops();
  }

  @Override
  public CpuBody cpuBody() {
    return new SsdCpu(this);
  }

  @Override
  public CudaBody cudaBody() {
    return new SsdCuda(this);
  }
}
