package io.colubrid.nn;

import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
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

  /**
   * The outputs in parts of the given extents, as tensors of their own. Many rows take a product a
   * part, which spares copying them apart; one row takes a single product and is seen as parts.
   */
  public List<Tensor> applyParts(Ops ops, Tensor x, long... extents) {
    if (x.shape().elements() == x.dim(-1)) {
      return ops.split(apply(ops, x), x.shape().rank() - 1, extents);
    }
    List<Tensor> parts = new ArrayList<>();
    long from = 0;
    for (long extent : extents) {
      Parameter biases = bias == null ? null : bias.rows(from, from + extent);
      parts.add(ops.linear(x, weight.rows(from, from + extent), biases));
      from += extent;
    }
    return parts;
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
