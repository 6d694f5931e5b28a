package io.colubrid.runtime.builtin;

import io.colubrid.nn.Linear;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerFactory;

/** Makes a {@link SwiGluLayer}. */
final class SwiGluLayerFactory implements LayerFactory<SwiGluConfig> {
  @Override
  public Layer create(SwiGluConfig config, BuildContext context) {
    long stream = context.input().width();
    long inner = config.widthFor(stream);
    boolean bias = config.bias();
    Initializer start = Initializer.kaimingUniform();
    return new SwiGluLayer(
        new Linear(context, "gate_proj", stream, inner, bias, start),
        new Linear(context, "up_proj", stream, inner, bias, start),
        new Linear(context, "down_proj", inner, stream, bias, ResidualOutput.initializer(context)),
        config.dropout());
  }
}
