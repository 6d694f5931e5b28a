package io.colubrid.plugins.moe;

import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.op.Ops;
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
  Route.Result route(Ops ops, Tensor x) {
    return new Route(k, renormalise).apply(ops, x, ops.value(weight));
  }
}
