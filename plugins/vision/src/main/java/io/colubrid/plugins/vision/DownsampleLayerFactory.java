package io.colubrid.plugins.vision;

import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerFactory;

/** Makes a {@link DownsampleLayer}. */
final class DownsampleLayerFactory implements LayerFactory<DownsampleConfig> {
  @Override
  public Layer create(DownsampleConfig config, BuildContext context) {
    GridTraits.require(context, "downsample");
    long in = context.input().width();
    long out = config.width().orElse(2 * in);
    return new DownsampleLayer(
        Convolution.halving(context, "conv", "norm", in, out, config.epsilon()));
  }
}
