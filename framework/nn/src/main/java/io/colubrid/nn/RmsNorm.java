package io.colubrid.nn;

import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;

/**
 * x / √(mean(x²) + epsilon) · weight over the last axis (Zhang and Sennrich, 2019). Its parameter
 * is {@code NAME.weight} [width], which starts as ones.
 */
public final class RmsNorm {
  private final Parameter weight;
  private final double epsilon;

  public RmsNorm(BuildContext context, String name, long width, double epsilon) {
    weight =
        context.parameter(
            name + ".weight", Shape.of(width), Initializer.constant(1), Parameter.Role.VECTOR);
    this.epsilon = epsilon;
  }

  public Tensor apply(Ops ops, Tensor x) {
    return ops.rmsNorm(x, weight, epsilon);
  }
}
