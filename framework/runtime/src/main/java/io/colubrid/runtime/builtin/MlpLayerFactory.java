package io.colubrid.runtime.builtin;

import io.colubrid.nn.Linear;
import io.colubrid.nn.StackedLinear;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.ExpertChannel;
import io.colubrid.spi.layer.ExpertChannelFactory;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.InvalidLayerException;
import io.colubrid.spi.layer.Layer;

/** Makes an {@link MlpLayer}, or {@link MlpExperts}. */
final class MlpLayerFactory implements ExpertChannelFactory<MlpConfig> {
  @Override
  public Layer create(MlpConfig config, BuildContext context) {
    long stream = context.input().width();
    long inner = inner(config, stream);
    return new MlpLayer(
        new Linear(context, "fc1", stream, inner, config.bias(), Initializer.kaimingUniform()),
        new Linear(
            context, "fc2", inner, stream, config.bias(), ResidualOutput.initializer(context)),
        config.activation(),
        config.dropout());
  }

  @Override
  public ExpertChannel createExperts(MlpConfig config, BuildContext context, int experts) {
    long stream = context.input().width();
    long inner = inner(config, stream);
    Initializer start = Initializer.kaimingUniform();
    Initializer end = ResidualOutput.initializer(context);
    return new MlpExperts(
        new StackedLinear(context, "fc1", experts, stream, inner, config.bias(), start),
        new StackedLinear(context, "fc2", experts, inner, stream, config.bias(), end),
        config.activation(),
        config.dropout());
  }

  private static long inner(MlpConfig config, long stream) {
    return config.width().orElseGet(() -> expanded(config.expand(), stream));
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
