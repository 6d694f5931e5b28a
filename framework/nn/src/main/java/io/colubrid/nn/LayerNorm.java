package io.colubrid.nn;

import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;

/**
 * (x − mean) / √(variance + epsilon) · weight + bias over the last axis (Ba et al., 2016). Its
 * parameters are {@code NAME.weight} [width], which starts as ones, and {@code NAME.bias} [width],
 * which starts as zeros.
 */
public final class LayerNorm {
  private final Parameter weight;
  private final Parameter bias;
  private final double epsilon;

  public LayerNorm(BuildContext context, String name, long width, double epsilon) {
    Shape shape = Shape.of(width);
    weight =
        context.parameter(name + ".weight", shape, Initializer.constant(1), Parameter.Role.VECTOR);
    bias = context.parameter(name + ".bias", shape, Initializer.constant(0), Parameter.Role.VECTOR);
    this.epsilon = epsilon;
  }

  public Tensor apply(Ops ops, Tensor x) {
    return ops.layerNorm(x, weight, bias, epsilon);
  }
}
