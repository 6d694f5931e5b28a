package io.colubrid.nn;

import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * x·Wᵀ + b over the last axis: [..., in] to [..., out]. Its parameters are {@code NAME.weight}
 * [out, in] and, if it has one, {@code NAME.bias} [out].
 */
public final class Linear {
  private final Parameter weight;
  private final @Nullable Parameter bias;

  /** A product whose bias, if it has one, starts as zeros. */
  public Linear(
      BuildContext context,
      String name,
      long in,
      long out,
      boolean bias,
      Initializer weightInitializer) {
    this(context, name, in, out, weightInitializer, bias ? Initializer.constant(0) : null);
  }

  /** A product whose bias starts as told; null for none. */
  public Linear(
      BuildContext context,
      String name,
      long in,
      long out,
      Initializer weightInitializer,
      @Nullable Initializer biasInitializer) {
    weight =
        context.parameter(
            name + ".weight", Shape.of(out, in), weightInitializer, Parameter.Role.MATRIX);
    bias =
        biasInitializer == null
            ? null
            : context.parameter(
                name + ".bias", Shape.of(out), biasInitializer, Parameter.Role.VECTOR);
  }

  public Tensor apply(Ops ops, Tensor x) {
    return ops.linear(x, weight, bias);
  }

  /** Outputs {@code from} (inclusive) to {@code to} (exclusive) alone, as a tensor of their own. */
  public Tensor applyRows(Ops ops, Tensor x, long from, long to) {
    return ops.linear(x, weight.rows(from, to), bias == null ? null : bias.rows(from, to));
  }

  /** [out, in]. */
  public Parameter weight() {
    return weight;
  }

  /** [out], or null. */
  public @Nullable Parameter bias() {
    return bias;
  }
}
