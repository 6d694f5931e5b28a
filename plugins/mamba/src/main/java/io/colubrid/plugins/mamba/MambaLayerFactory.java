package io.colubrid.plugins.mamba;

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

/** Makes a {@link MambaLayer}. */
final class MambaLayerFactory implements LayerFactory<MambaConfig> {
  @Override
  public Layer create(MambaConfig config, BuildContext context) {
    long width = context.input().width();
    long inner = config.expand() * width;
    int rank = config.dtRankFor(width);
    int states = config.dState();
    boolean bias = config.bias();
    Initializer start = Initializer.kaimingUniform();
    Initializer residual =
        Initializer.kaimingUniform(1 / Math.sqrt(Math.max(1, context.residualBranches())));
    return new MambaLayer(
        inner,
        rank,
        states,
        new Linear(context, "in_proj", width, 2 * inner, bias, start),
        ShortConvolution.create(context, inner, config.dConv(), config.convBias()),
        new Linear(context, "x_proj", inner, rank + 2L * states, false, start),
        PartNorms.create(config, context, rank, states),
        new Linear(
            context,
            "dt_proj",
            rank,
            inner,
            Initializer.uniform(1 / Math.sqrt(rank)),
            new StepBias(config.dtMin(), config.dtMax(), config.dtInitFloor())),
        context.parameter(
            "A_log", Shape.of(inner, states), SelectiveScan.realRates(), Parameter.Role.VECTOR),
        context.parameter("D", Shape.of(inner), Initializer.constant(1), Parameter.Role.VECTOR),
        new Linear(context, "out_proj", inner, width, bias, residual),
        context.stateType());
  }
}
