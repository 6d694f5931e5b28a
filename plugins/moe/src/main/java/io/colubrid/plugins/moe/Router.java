package io.colubrid.plugins.moe;

import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;

/**
 * Chooses the experts of each position: those of the k largest of softmax(W x), in F32 whatever the
 * model's precision. The weights of the chosen ones are their probabilities (Switch, Jamba), or
 * those divided by their sum (Mixtral).
 *
 * @param weight [experts, width]
 */
record Router(Parameter weight, int k, boolean renormalise) {

  /**
   * What a router thinks of each position.
   *
   * @param logits [positions, experts]
   * @param probabilities [positions, experts]
   * @param weights [positions, k]
   * @param choices I32 [positions, k]
   */
  record Routing(Tensor logits, Tensor probabilities, Tensor weights, Tensor choices) {}

  static Router create(MoeConfig config, BuildContext context) {
    Parameter weight =
        context.parameter(
            "router.weight",
            Shape.of(config.experts(), context.input().width()),
            Initializer.kaimingUniform(),
            Parameter.Role.TABLE);
    return new Router(weight, config.topK(), config.renormalise());
  }

  /**
   * @param x [positions, width]
   */
  Routing route(Ops ops, Tensor x) {
    Tensor wide = x.dtype() == DType.BF16 ? ops.cast(x, DType.F32) : x;
    Tensor logits = ops.matmul(wide, false, ops.value(weight), true);
    Tensor probabilities = ops.softmax(logits);
    TopK.Result chosen = new TopK(k).apply(ops, probabilities);
    Tensor weights = chosen.weights();
    return new Routing(
        logits,
        probabilities,
        renormalise ? ops.divide(weights, ops.sum(weights, 1)) : weights,
        chosen.choices());
  }
}
