package io.colubrid.runtime.combinator;

import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerFactory;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.tensor.Shape;

/** Makes a {@link ResidualScaleLayer}. */
final class ResidualScaleLayerFactory implements LayerFactory<ResidualScaleConfig> {
  @Override
  public Layer create(ResidualScaleConfig config, BuildContext context) {
    Layer of = context.create("of", config.of());
    Shape width = Shape.of(of.output(context.input()).width());
    Initializer start = Initializer.constant(config.initial());
    return new ResidualScaleLayer(
        of,
        config.learned() ? context.parameter("scale", width, start, Parameter.Role.VECTOR) : null,
        config.initial());
  }
}
