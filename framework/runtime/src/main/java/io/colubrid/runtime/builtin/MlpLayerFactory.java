package io.colubrid.runtime.builtin;

import io.colubrid.nn.Linear;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.InvalidLayerException;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerFactory;

/** Makes an {@link MlpLayer}. */
final class MlpLayerFactory implements LayerFactory<MlpConfig> {
  @Override
  public Layer create(MlpConfig config, BuildContext context) {
    long stream = context.input().width();
    long inner = config.width().orElseGet(() -> expanded(config.expand(), stream));
    return new MlpLayer(
        new Linear(context, "fc1", stream, inner, config.bias(), Initializer.kaimingUniform()),
        new Linear(
            context, "fc2", inner, stream, config.bias(), ResidualOutput.initializer(context)),
        config.activation(),
        config.dropout());
  }

  private static long expanded(double expand, long stream) {
    double width = expand * stream;
    if (width != Math.rint(width) || width < 1) {
      throw new InvalidLayerException(
          "expand",
          "%s times the d-model of %d is %s, not a whole width; set width instead"
              .formatted(expand, stream, width));
    }
    return (long) width;
  }
}
