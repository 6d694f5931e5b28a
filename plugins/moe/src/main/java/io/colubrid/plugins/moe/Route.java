package io.colubrid.plugins.moe;

import io.colubrid.nn.OperandShapes;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.DifferentiableOp;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Router} computes: the k largest of softmax(W x), in the dtype of W.
 *
 * <p>Inputs: x [positions, width], and W [experts, width]. Outputs: those of {@link Result}.
 *
 * @param k how many are chosen
 * @param renormalise whether the weights of the chosen ones are scaled to add up to 1
 */
record Route(int k, boolean renormalise) implements DifferentiableOp {
  static final int X = 0;
  static final int WEIGHT = 1;

  /**
   * What a router thinks of each position.
   *
   * @param logits [positions, experts]
   * @param probabilities [positions, experts]
   * @param weights [positions, k]
   * @param choices I32 [positions, k]
   */
  record Result(Tensor logits, Tensor probabilities, Tensor weights, Tensor choices) {}

  Result apply(Ops ops, Tensor x, Tensor weight) {
    List<Tensor> outputs = ops.apply(this, x, weight);
    return new Result(outputs.get(0), outputs.get(1), outputs.get(2), outputs.get(3));
  }

  @Override
  public String name() {
    return "route";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    OperandShapes operands = new OperandShapes(name(), inputs);
    Shape x = operands.require(X, "x", 2).shape();
    TensorType weight = operands.require(WEIGHT, "weight", 2);
    long experts = weight.shape().dim(0);
    if (x.dim(1) != weight.shape().dim(1) || experts < k) {
      throw new ShapeException(
          "route: x %s and weight %s do not fit, of which %d are chosen"
              .formatted(inputs.get(X), weight, k));
    }
    TensorType all = weight.withShape(Shape.of(x.dim(0), experts));
    TensorType chosen = weight.withShape(Shape.of(x.dim(0), k));
    return List.of(all, all, chosen, chosen.withDtype(DType.I32));
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    Tensor weight = Objects.requireNonNull(inputs.get(WEIGHT));
    Tensor x = ops.cast(Objects.requireNonNull(inputs.get(X)), weight.dtype());
    Tensor logits = ops.matmul(x, false, weight, true);
    Tensor probabilities = ops.softmax(logits);
    TopK.Result chosen = new TopK(k).apply(ops, probabilities);
    Tensor weights = chosen.weights();
    return List.of(
        logits,
        probabilities,
        renormalise ? ops.divide(weights, ops.sum(weights, 1)) : weights,
        chosen.choices());
  }

  @Override
  public long flops(List<@Nullable TensorType> inputs) {
    OperandShapes operands = new OperandShapes(name(), inputs);
    return 2
        * operands.require(X, "x", 2).shape().elements()
        * operands.require(WEIGHT, "weight", 2).shape().dim(0);
  }

  @Override
  public CudaBody cudaBody() {
    return new RouteCuda(this);
  }
}
