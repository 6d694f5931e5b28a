package io.colubrid.runtime.training;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.Binary;
import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.Unary;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The definition of {@link GlobalNormClip}: factor = a·min(1, maxNorm / (a·‖g‖)). */
final class GlobalNormClipReference {
  private static final Shape ONE = Shape.of(1);

  private GlobalNormClipReference() {}

  static List<Tensor> outputs(Ops ops, List<@Nullable Tensor> inputs) {
    Tensor settings = requireNonNull(inputs.getLast());
    Tensor averaging =
        ops.slice(settings, 0, GlobalNormClip.AVERAGING, GlobalNormClip.AVERAGING + 1);
    Tensor maxNorm = ops.slice(settings, 0, GlobalNormClip.MAX_NORM, GlobalNormClip.MAX_NORM + 1);
    Tensor squares = squares(ops, inputs.subList(0, inputs.size() - 1));
    Tensor norm = ops.multiply(ops.unary(Unary.SQRT, squares), averaging);

    Tensor positive = ops.binary(Binary.MAXIMUM, norm, value(ops, GlobalNormClip.SMALLEST_NORM));
    Tensor clip = ops.binary(Binary.MINIMUM, value(ops, 1), ops.divide(maxNorm, positive));
    // A number that is not finite leaves something other than zero of itself.
    Tensor finite = ops.compare(Comparison.EQUAL, ops.subtract(squares, squares), value(ops, 0));
    Tensor factor = ops.where(finite, ops.multiply(averaging, clip), value(ops, 0));
    Tensor proceed = ops.where(finite, value(ops, 1), value(ops, 0));
    Tensor unchanged = ops.slice(settings, 0, 0, UpdateControl.FACTOR);
    return List.of(ops.concat(0, List.of(unchanged, factor, proceed)), norm);
  }

  private static Tensor squares(Ops ops, List<@Nullable Tensor> gradients) {
    Tensor sum = value(ops, 0);
    for (Tensor gradient : gradients) {
      Tensor square = ops.unary(Unary.SQUARE, requireNonNull(gradient));
      sum = ops.add(sum, ops.reshape(ops.sumAll(square), ONE));
    }
    return sum;
  }

  private static Tensor value(Ops ops, double value) {
    return ops.constant(DType.F32, ONE, value);
  }
}
