package io.colubrid.spi.op;

import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.layer.RandomStream;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The vocabulary of computation. Every call records one operation and answers with handles of what
 * it will compute. Shape errors are thrown here, as {@link ShapeException}, never in a kernel.
 *
 * <p>Elementwise operations broadcast as usual: shapes are aligned at the last axis, and an extent
 * of 1 is repeated. Floating inputs of one operation have one dtype, except where said; where F32
 * meets BF16 the result is F32.
 */
public interface Ops {

  /**
   * The dtype of what {@link #linear} puts out, and so of most of what a layer computes with: BF16
   * on a GPU under {@code precision = bf16}, else the parameters' own.
   */
  DType activation();

  /**
   * x·Wᵀ + b over the last axis.
   *
   * @param x [..., in]
   * @param weight [out, in]
   * @param bias [out], or null
   * @return [..., out]
   */
  Tensor linear(Tensor x, Parameter weight, @Nullable Parameter bias);

  default Tensor linear(Tensor x, Parameter weight) {
    return linear(x, weight, null);
  }

  /**
   * Rows of a table [rows, width] by I32 ids [...]: [..., width]. Ids out of range are an error.
   */
  Tensor embedding(Tensor ids, Parameter table);

  /** A parameter as a tensor, in its own dtype; gradients flow back into the parameter. */
  Tensor value(Parameter parameter);

  /**
   * A matrix as a tensor of the dtype {@link #activation()}, for operations that multiply by it as
   * {@link #linear} does.
   */
  Tensor matrix(Parameter parameter);

  /**
   * Batched matrix product over the last two axes; leading axes must be equal, or absent in b.
   *
   * @param a [..., m, k], or [..., k, m] if transposeA
   * @param b [..., k, n], or [..., n, k] if transposeB
   * @return [..., m, n]
   */
  Tensor matmul(Tensor a, boolean transposeA, Tensor b, boolean transposeB);

  default Tensor matmul(Tensor a, Tensor b) {
    return matmul(a, false, b, false);
  }

  Tensor binary(Binary function, Tensor a, Tensor b);

  default Tensor add(Tensor a, Tensor b) {
    return binary(Binary.ADD, a, b);
  }

  default Tensor subtract(Tensor a, Tensor b) {
    return binary(Binary.SUBTRACT, a, b);
  }

  default Tensor multiply(Tensor a, Tensor b) {
    return binary(Binary.MULTIPLY, a, b);
  }

  default Tensor divide(Tensor a, Tensor b) {
    return binary(Binary.DIVIDE, a, b);
  }

  Tensor unary(Unary function, Tensor x);

  default Tensor exp(Tensor x) {
    return unary(Unary.EXP, x);
  }

  default Tensor silu(Tensor x) {
    return unary(Unary.SILU, x);
  }

  default Tensor sigmoid(Tensor x) {
    return unary(Unary.SIGMOID, x);
  }

  default Tensor softplus(Tensor x) {
    return unary(Unary.SOFTPLUS, x);
  }

  /** scale·x + shift. */
  Tensor affine(Tensor x, double scale, double shift);

  default Tensor scale(Tensor x, double scale) {
    return affine(x, scale, 0);
  }

  default Tensor negate(Tensor x) {
    return affine(x, -1, 0);
  }

  /** A U8 tensor of 0 and 1. No gradient flows through it. */
  Tensor compare(Comparison comparison, Tensor a, Tensor b);

  /** Elements of a where the U8 mask is not 0, else of b. All three broadcast. */
  Tensor where(Tensor mask, Tensor a, Tensor b);

  /** Sum along an axis, which stays as an axis of extent 1. */
  Tensor sum(Tensor x, int axis);

  /** Largest element along an axis, which stays as an axis of extent 1. */
  Tensor max(Tensor x, int axis);

  default Tensor mean(Tensor x, int axis) {
    return scale(sum(x, axis), 1.0 / x.dim(axis));
  }

  /** Sum of all elements, as a scalar. */
  default Tensor sumAll(Tensor x) {
    Tensor flat = reshape(x, Shape.of(x.shape().elements()));
    return reshape(sum(flat, 0), Shape.scalar());
  }

  /** Sum of the elements up to and including each, along an axis. */
  Tensor cumsum(Tensor x, int axis);

  /** Softmax over the last axis; rows of −∞ alone become zeros. */
  Tensor softmax(Tensor x);

  /**
   * x / √(mean(x²) + epsilon) · weight over the last axis.
   *
   * @param weight [width], or null for a norm without weights
   */
  Tensor rmsNorm(Tensor x, @Nullable Parameter weight, double epsilon);

  /** (x − mean) / √(variance + epsilon) · weight + bias over the last axis. */
  Tensor layerNorm(Tensor x, @Nullable Parameter weight, @Nullable Parameter bias, double epsilon);

  /**
   * −log softmax(logits)[target], with the target smoothed over all classes.
   *
   * @param logits [rows, classes]
   * @param targets I32 [rows]; −1 means that a row has no target and loses nothing
   * @param smoothing share of the target's mass spread evenly over all classes, from 0 to 1
   * @return [rows], in nats
   */
  Tensor crossEntropy(Tensor logits, Tensor targets, double smoothing);

  /** The same elements under another shape. */
  Tensor reshape(Tensor x, Shape shape);

  /** Axes in another order: axis i of the result is axis {@code axes[i]} of x. */
  Tensor permute(Tensor x, int... axes);

  /** Elements {@code from} (inclusive) to {@code to} (exclusive) along an axis. */
  Tensor slice(Tensor x, int axis, long from, long to);

  /** Parts of the given extents along an axis; the extents add up to the axis. */
  List<Tensor> split(Tensor x, int axis, long... extents);

  Tensor concat(int axis, List<Tensor> parts);

  /** The elements along an axis in reverse order. */
  Tensor flip(Tensor x, int axis);

  /** Rows of x [rows, ...] by I32 indices [n]: [n, ...]; the row of index −1 is zero. */
  Tensor gatherRows(Tensor x, Tensor indices);

  /** x repeated to a larger shape that it broadcasts to. */
  Tensor broadcast(Tensor x, Shape shape);

  Tensor cast(Tensor x, DType dtype);

  /** x as a constant: no gradient flows back. */
  Tensor stopGradient(Tensor x);

  /** Every element the same value. */
  Tensor constant(DType dtype, Shape shape, double value);

  /** Elements given by the host, row-major; they become part of the recording. */
  Tensor constant(DType dtype, Shape shape, double[] elements);

  /** 0, 1, ..., count − 1. */
  Tensor range(DType dtype, long count);

  /**
   * Zeroes elements with probability {@code rate} and scales the others by 1/(1 − rate). One draw
   * is made for each element of {@code maskShape}, which broadcasts to x: [batch, 1, 1] drops whole
   * rows (drop-path).
   */
  Tensor dropout(Tensor x, double rate, Shape maskShape, RandomStream random);

  /**
   * Runs an operation with bodies of its own. Inputs that the operation declares optional may be
   * null.
   */
  List<Tensor> apply(Op op, @Nullable Tensor... inputs);
}
