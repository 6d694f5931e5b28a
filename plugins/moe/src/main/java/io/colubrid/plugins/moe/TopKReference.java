package io.colubrid.plugins.moe;

import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** The definition of {@link TopK}: the largest, then the largest of the others, and so on. */
final class TopKReference {
  private TopKReference() {}

  static List<Tensor> outputs(Ops ops, Tensor probabilities, int k) {
    DType dtype = probabilities.dtype();
    Tensor one = ops.constant(dtype, Shape.of(1, 1), 1);
    Tensor zero = ops.constant(dtype, Shape.of(1, 1), 0);
    Tensor taken = ops.constant(dtype, Shape.of(1, 1), -1);
    Tensor places =
        ops.reshape(ops.range(dtype, probabilities.dim(1)), Shape.of(1, probabilities.dim(1)));
    Tensor left = ops.stopGradient(probabilities);
    List<Tensor> weights = new ArrayList<>();
    List<Tensor> choices = new ArrayList<>();
    for (int i = 0; i < k; i++) {
      Tensor largest = ops.compare(Comparison.EQUAL, left, ops.max(left, 1));
      Tensor counted = ops.cumsum(ops.where(largest, one, zero), 1);
      Tensor first = ops.compare(Comparison.EQUAL, counted, one);
      Tensor chosen = ops.where(largest, ops.where(first, one, zero), zero);
      weights.add(ops.sum(ops.multiply(probabilities, chosen), 1));
      choices.add(ops.sum(ops.multiply(places, chosen), 1));
      left = ops.where(ops.compare(Comparison.EQUAL, chosen, one), taken, left);
    }
    return List.of(ops.concat(1, weights), ops.cast(ops.concat(1, choices), DType.I32));
  }
}
