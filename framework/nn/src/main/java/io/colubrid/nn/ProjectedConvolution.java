package io.colubrid.nn;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.Op;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A product some of whose outputs go through a {@link CausalConv1d}, y = weight·x with columns
 * {@code first} to below {@code first + channels} replaced by what the convolution makes of them:
 * for single steps of one sequence on a GPU, where a launch of its own costs more than the work in
 * it.
 *
 * <p>Inputs: x [batch, length, in], weight [out, in] of the dtype of x; weight, bias and tail of
 * the convolution. Outputs: [batch, length, out], and the tail in place of the one that came in.
 *
 * @param first the first column of the convolution's input
 */
public record ProjectedConvolution(CausalConv1d conv, long first) implements Op {
  static final int X = 0;
  static final int WEIGHT = 1;
  static final int CONV_WEIGHT = 2;
  static final int CONV_BIAS = 3;
  static final int TAIL = 4;

  public CausalConv1d.Result apply(
      Ops ops, Tensor x, Tensor weight, Tensor convWeight, @Nullable Tensor convBias, Tensor tail) {
    List<Tensor> outputs = ops.apply(this, x, weight, convWeight, convBias, tail);
    return new CausalConv1d.Result(outputs.get(0), outputs.get(1));
  }

  @Override
  public String name() {
    return "projected-convolution";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    OperandShapes operands = new OperandShapes(name(), inputs);
    TensorType x = operands.require(X, "x", 3);
    TensorType weight = operands.require(WEIGHT, "weight", 2);
    long channels = operands.require(CONV_WEIGHT, "the convolution's weight", 3).shape().dim(0);
    long out = weight.shape().dim(0);
    if (weight.shape().dim(1) != x.shape().dim(2) || first + channels > out) {
      throw new ShapeException(
          "%s: weight %s must fit x %s and have %d columns for the convolution from %d on"
              .formatted(name(), weight, x, channels, first));
    }
    TensorType projected = x.withShape(x.shape().with(2, out));
    TensorType convolved = x.withShape(x.shape().with(2, channels));
    TensorType tail = operands.require(TAIL, "tail", 3);
    conv.outputs(convInputs(inputs, convolved));
    return List.of(projected, tail);
  }

  /** Inputs of the convolution. */
  private static <T> List<@Nullable T> convInputs(List<@Nullable T> inputs, T x) {
    List<@Nullable T> conv = new ArrayList<>(inputs.subList(CONV_WEIGHT, TAIL + 1));
    conv.addFirst(x);
    conv.add(null);
    return conv;
  }

  @Override
  public int inPlaceOf(int output) {
    return output == 1 ? TAIL : -1;
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    Tensor x = requireNonNull(inputs.get(X));
    Tensor product = ops.matmul(x, false, requireNonNull(inputs.get(WEIGHT)), true);
    long channels = requireNonNull(inputs.get(CONV_WEIGHT)).dim(0);
    long out = product.dim(2);
    List<Tensor> parts =
        ops.split(ops.cast(product, x.dtype()), 2, first, channels, out - first - channels);
    List<Tensor> convolved =
        ops.apply(conv, convInputs(inputs, parts.get(1)).toArray(Tensor[]::new));
    Tensor all = ops.concat(2, List.of(parts.get(0), convolved.get(0), parts.get(2)));
    return List.of(all, convolved.get(1));
  }

  @Override
  public long flops(List<@Nullable TensorType> inputs) {
    TensorType x = requireNonNull(inputs.get(X));
    long rows = x.shape().rows();
    long products = 2 * rows * requireNonNull(inputs.get(WEIGHT)).shape().elements();
    return products + 2 * rows * requireNonNull(inputs.get(CONV_WEIGHT)).shape().elements();
  }

  @Override
  public CudaBody cudaBody() {
    return new ProjectedConvolutionCuda(this);
  }
}
