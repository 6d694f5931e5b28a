package io.colubrid.plugins.vision;

import io.colubrid.nn.LayerNorm;
import io.colubrid.nn.Linear;
import io.colubrid.nn.SelectiveScan;
import io.colubrid.nn.StepBias;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerFactory;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.tensor.Shape;

/** Makes an {@link Ss2dLayer}. */
final class Ss2dLayerFactory implements LayerFactory<Ss2dConfig> {
  @Override
  public Layer create(Ss2dConfig config, BuildContext context) {
    GridTraits.require(context, "ss2d");
    long width = context.input().width();
    long inner = config.expand() * width;
    Initializer start = Initializer.kaimingUniform();
    Initializer biasStart = Initializer.uniform(1.0 / config.dConv());
    Initializer residual =
        Initializer.kaimingUniform(1 / Math.sqrt(Math.max(1, context.residualBranches())));
    return new Ss2dLayer(
        new Linear(context, "in_proj", width, inner, config.bias(), start),
        context.parameter(
            "conv2d.weight",
            Shape.of(inner, 1, config.dConv(), config.dConv()),
            start,
            Parameter.Role.TABLE),
        config.convBias()
            ? context.parameter("conv2d.bias", Shape.of(inner), biasStart, Parameter.Role.VECTOR)
            : null,
        scan(config, context, inner),
        new LayerNorm(context, "out_norm", inner, config.epsilon()),
        new Linear(context, "out_proj", inner, width, config.bias(), residual));
  }

  private static CrossScan scan(Ss2dConfig config, BuildContext context, long inner) {
    long rank = config.dtRankFor(context.input().width());
    long states = config.dState();
    long all = CrossScan.WAYS * inner;
    return new CrossScan(
        rank,
        context.parameter(
            "x_proj_weight",
            Shape.of(CrossScan.WAYS * (rank + 2 * states), inner),
            Initializer.kaimingUniform(),
            Parameter.Role.MATRIX),
        context.parameter(
            "dt_projs_weight",
            Shape.of(all, rank),
            Initializer.uniform(1 / Math.sqrt((double) rank)),
            Parameter.Role.MATRIX),
        context.parameter(
            "dt_projs_bias",
            Shape.of(all),
            new StepBias(config.dtMin(), config.dtMax(), config.dtInitFloor()),
            Parameter.Role.VECTOR),
        context.parameter(
            "A_logs", Shape.of(all, states), SelectiveScan.realRates(), Parameter.Role.VECTOR),
        context.parameter("Ds", Shape.of(all), Initializer.constant(1), Parameter.Role.VECTOR));
  }
}
