package io.colubrid.nn;

import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import org.jspecify.annotations.Nullable;

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

  /** Where x is BF16, one launch reads and writes that; the vocabulary's norm computes in F32. */
  public Tensor apply(Ops ops, Tensor x) {
    return x.dtype() == DType.BF16
        ? add(ops, x, null, x.dtype()).normed()
        : ops.layerNorm(x, weight, bias, epsilon);
  }

  /**
   * Adds a branch to the stream and normalizes the sum.
   *
   * @param branch of the shape of the stream, or null for nothing
   * @param normed dtype of the norm, such as {@link Ops#activation()}
   */
  public AddNorm.Result add(Ops ops, Tensor stream, @Nullable Tensor branch, DType normed) {
    AddNorm op = new AddNorm(true, epsilon, normed);
    return op.apply(ops, stream, branch, ops.value(weight), ops.value(bias));
  }
}
