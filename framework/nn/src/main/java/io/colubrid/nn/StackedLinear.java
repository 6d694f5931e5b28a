package io.colubrid.nn;

import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * {@link Linear} for each of several experts, in {@link GroupedLinear}. Its parameters are {@code
 * NAME.weight} [experts, out, in] and, if it has one, {@code NAME.bias} [experts, out].
 */
public final class StackedLinear {
  private final Parameter weight;
  private final @Nullable Parameter bias;

  /**
   * @param weightInitializer of one expert's weight [out, in]; biases start as zeros
   */
  public StackedLinear(
      BuildContext context,
      String name,
      int experts,
      long in,
      long out,
      boolean bias,
      Initializer weightInitializer) {
    weight =
        context.parameter(
            name + ".weight",
            Shape.of(experts, out, in),
            each(weightInitializer),
            Parameter.Role.MATRIX);
    this.bias =
        bias
            ? context.parameter(
                name + ".bias",
                Shape.of(experts, out),
                Initializer.constant(0),
                Parameter.Role.VECTOR)
            : null;
  }

  private static Initializer each(Initializer one) {
    return (index, shape, draw) -> {
      Shape single = shape.without(0);
      return one.value(index % single.elements(), single, draw);
    };
  }

  /**
   * @param x [rows, in], grouped by expert
   * @param offsets I32 [experts + 1]
   * @return [rows, out]
   */
  public Tensor apply(Ops ops, Tensor x, Tensor offsets) {
    Tensor matrices = weight(ops);
    return new GroupedLinear()
        .apply(ops, ops.cast(x, matrices.dtype()), matrices, bias(ops), offsets);
  }

  Tensor weight(Ops ops) {
    return ops.matrix(weight);
  }

  @Nullable Tensor bias(Ops ops) {
    return bias == null ? null : ops.value(bias);
  }
}
