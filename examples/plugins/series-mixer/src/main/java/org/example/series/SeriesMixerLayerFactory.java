package org.example.series;

import io.colubrid.nn.Linear;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerFactory;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.tensor.Shape;

/** Makes a {@link SeriesMixerLayer}. */
final class SeriesMixerLayerFactory implements LayerFactory<SeriesMixerConfig> {
  @Override
  public Layer create(SeriesMixerConfig config, BuildContext context) {
    long width = context.input().width();
    Initializer residual =
        Initializer.kaimingUniform(1 / Math.sqrt(Math.max(1, context.residualBranches())));
    Parameter kernels =
        context.parameter(
            "kernels",
            Shape.of(2 * width, 1, config.kernelSize()),
            Initializer.kaimingUniform(),
            Parameter.Role.TABLE);
    Linear out = new Linear(context, "out_proj", 2 * width, width, true, residual);
    return new SeriesMixerLayer(config.period(), config.centred(), kernels, out);
  }
}
