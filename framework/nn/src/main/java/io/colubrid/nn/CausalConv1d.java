package io.colubrid.nn;

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
 * A depthwise causal convolution along the length, channels last:
 *
 * <pre>
 * y_t = f(bias + Σ_k weight_k · x_{t − width + 1 + k})
 * </pre>
 *
 * <p>Before the first position lies the tail that came in, or zeros. Where segments are given,
 * every document but the first has zeros before it; positions of padding (−1) are skipped as if
 * they were not there, and put out zeros.
 *
 * @param silu whether f is SiLU; else it is the identity
 * @param reversed whether it runs from the last position to the first, so that positions behind t
 *     are weighed; it takes no tail then
 */
public record CausalConv1d(boolean silu, boolean reversed) implements DifferentiableOp {
  static final int X = 0;
  static final int WEIGHT = 1;
  static final int BIAS = 2;
  static final int TAIL = 3;
  static final int SEGMENTS = 4;
  private static final Set<Integer> ALONG = Set.of(X, SEGMENTS);

  /** A convolution from the first position to the last. */
  public CausalConv1d(boolean silu) {
    this(silu, false);
  }

  /**
   * What a convolution gives.
   *
   * @param y [batch, length, channels]
   * @param tail the last width − 1 inputs, or null where none were given
   */
  public record Result(Tensor y, @Nullable Tensor tail) {}

  /**
   * @param x [batch, length, channels]
   * @param weight [channels, 1, width]
   * @param bias [channels], or null
   * @param tail [batch, width − 1, channels], the inputs before x, overwritten by the last of x;
   *     null for zeros
   * @param segments I32 [batch, length], or null if every row is one sequence
   */
  public Result apply(
      Ops ops,
      Tensor x,
      Tensor weight,
      @Nullable Tensor bias,
      @Nullable Tensor tail,
      @Nullable Tensor segments) {
    List<Tensor> outputs = ops.apply(this, x, weight, bias, tail, segments);
    return new Result(outputs.get(0), tail == null ? null : outputs.get(1));
  }

  @Override
  public String name() {
    return "causal-conv1d";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    OperandShapes operands = new OperandShapes(name(), inputs);
    TensorType x = operands.require(X, "x", 3);
    Shape stream = x.shape();
    long width = operands.require(WEIGHT, "weight", 3).shape().dim(2);
    if (width < 1) {
      throw new ShapeException(
          name() + ": weight must be at least 1 wide, but is " + inputs.get(WEIGHT));
    }
    operands.require(WEIGHT, "weight", Shape.of(stream.dim(2), 1, width));
    operands.allow(BIAS, "bias", Shape.of(stream.dim(2)));
    operands.allow(TAIL, "tail", stream.with(1, width - 1));
    operands.allow(SEGMENTS, "segments", stream.without(2));
    if (reversed && inputs.get(TAIL) != null) {
      throw new ShapeException(name() + ": when reversed, it begins at the end and takes no tail");
    }
    TensorType carried = inputs.get(TAIL);
    return carried == null ? List.of(x) : List.of(x, carried);
  }

  @Override
  public int inPlaceOf(int output) {
    return output == 1 ? TAIL : -1;
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    return reversed
        ? Reversal.of(ops, inputs, ALONG, turned -> new CausalConv1d(silu).reference(ops, turned))
        : new CausalConv1dReference(silu, ops, inputs).outputs();
  }

  @Override
  public long flops(List<@Nullable TensorType> inputs) {
    OperandShapes operands = new OperandShapes(name(), inputs);
    long width = operands.require(WEIGHT, "weight", 3).shape().dim(2);
    return 2 * width * operands.require(X, "x", 3).shape().elements();
  }

  @Override
  public CpuBody cpuBody() {
    return CausalConv1dCpu.of(silu, reversed);
  }

  @Override
  public boolean runsWithoutVectors() {
    return true;
  }

  @Override
  public CudaBody cudaBody() {
    return new CausalConv1dCuda(this);
  }
}
