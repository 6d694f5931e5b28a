package io.colubrid.runtime.combinator;

import io.colubrid.nn.Linear;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Makes one tensor of what several layers answered to one input. */
@FunctionalInterface
interface Merge {
  /**
   * @param x the input, [..., width]
   * @param parts at least one answer, all of one shape [..., width]
   */
  Tensor apply(Ops ops, Tensor x, List<Tensor> parts);

  /** Adds the parts, each multiplied by a factor. */
  static Merge sum(double... factors) {
    return (ops, x, parts) -> added(ops, scaled(ops, parts, factors));
  }

  /**
   * Adds the parts, each multiplied feature by feature by a learned row of {@code weight} [parts,
   * width].
   *
   * @param start what the elements of each row start as
   */
  static Merge weighted(BuildContext context, long width, double... start) {
    Parameter weight =
        context.parameter(
            "weight",
            Shape.of(start.length, width),
            (index, shape, draw) -> start[Math.toIntExact(index / width)],
            Parameter.Role.VECTOR);
    return (ops, x, parts) -> {
      List<Tensor> weighted = new ArrayList<>();
      for (int i = 0; i < parts.size(); i++) {
        weighted.add(ops.multiply(parts.get(i), ops.value(weight.rows(i, i + 1L))));
      }
      return added(ops, weighted);
    };
  }

  /** Brings the parts, multiplied by factors and side by side, back to the width by a product. */
  static Merge concatenated(BuildContext context, long width, double... factors) {
    Linear product =
        new Linear(
            context, "proj", factors.length * width, width, false, Initializer.kaimingUniform());
    return (ops, x, parts) ->
        product.apply(ops, ops.concat(x.shape().rank() - 1, scaled(ops, parts, factors)));
  }

  /** g·first + (1 − g)·second, the gate g = sigmoid(gate x) being made of the input. */
  static Merge gated(BuildContext context, long width) {
    Linear gate =
        new Linear(
            context, "gate", context.input().width(), width, true, Initializer.kaimingUniform());
    return (ops, x, parts) -> {
      Tensor g = ops.sigmoid(gate.apply(ops, x));
      Tensor second = parts.getLast();
      return ops.add(second, ops.multiply(g, ops.subtract(parts.getFirst(), second)));
    };
  }

  private static List<Tensor> scaled(Ops ops, List<Tensor> parts, double... factors) {
    List<Tensor> scaled = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      scaled.add(factors[i] == 1 ? parts.get(i) : ops.scale(parts.get(i), factors[i]));
    }
    return scaled;
  }

  private static Tensor added(Ops ops, List<Tensor> parts) {
    return parts.stream().reduce(ops::add).orElseThrow();
  }
}
