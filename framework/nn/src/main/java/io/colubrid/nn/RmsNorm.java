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

  /** Where x is BF16, one launch reads and writes that; the vocabulary's norm computes in F32. */
  public Tensor apply(Ops ops, Tensor x) {
    return x.dtype() == DType.BF16
        ? add(ops, x, null, x.dtype()).normed()
        : ops.rmsNorm(x, weight, epsilon);
  }

  /**
   * Adds a branch to the stream and normalizes the sum.
   *
   * @param branch of the shape of the stream, or null for nothing
   * @param normed dtype of the norm, such as {@link Ops#activation()}
   */
  public AddNorm.Result add(Ops ops, Tensor stream, @Nullable Tensor branch, DType normed) {
    AddNorm op = new AddNorm(false, epsilon, normed);
    return op.apply(ops, stream, branch, ops.value(weight), null);
  }
}
