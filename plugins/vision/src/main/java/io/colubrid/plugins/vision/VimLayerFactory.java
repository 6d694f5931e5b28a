package io.colubrid.plugins.vision;

import io.colubrid.nn.Linear;
import io.colubrid.nn.SelectiveScan;
import io.colubrid.nn.ShortConvolution;
import io.colubrid.nn.StepBias;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerFactory;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.tensor.Shape;

/** Makes a {@link VimLayer}. */
final class VimLayerFactory implements LayerFactory<VimConfig> {
  @Override
  public Layer create(VimConfig config, BuildContext context) {
    long width = context.input().width();
    long inner = config.expand() * width;
    Initializer residual =
        Initializer.kaimingUniform(1 / Math.sqrt(Math.max(1, context.residualBranches())));
    return new VimLayer(
        inner,
        config.divideOut(),
        new Linear(
            context, "in_proj", width, 2 * inner, config.bias(), Initializer.kaimingUniform()),
        direction(config, context, inner, false),
        direction(config, context, inner, true),
        new Linear(context, "out_proj", inner, width, config.bias(), residual));
  }

  private static VimDirection direction(
      VimConfig config, BuildContext context, long inner, boolean reversed) {
    String suffix = reversed ? "_b" : "";
    int rank = config.dtRankFor(context.input().width());
    int states = config.dState();
    return new VimDirection(
        reversed,
        ShortConvolution.create(
            context, "conv1d" + suffix, inner, config.dConv(), config.convBias(), reversed),
        new Linear(
            context,
            "x_proj" + suffix,
            inner,
            rank + 2L * states,
            false,
            Initializer.kaimingUniform()),
        rank,
        new Linear(
            context,
            "dt_proj" + suffix,
            rank,
            inner,
            Initializer.uniform(1 / Math.sqrt(rank)),
            new StepBias(config.dtMin(), config.dtMax(), config.dtInitFloor())),
        context.parameter(
            reversed ? "A_b_log" : "A_log",
            Shape.of(inner, states),
            SelectiveScan.realRates(),
            Parameter.Role.VECTOR),
        context.parameter(
            "D" + suffix, Shape.of(inner), Initializer.constant(1), Parameter.Role.VECTOR));
  }
}
