package io.colubrid.runtime.builtin;

import io.colubrid.nn.Linear;
import io.colubrid.nn.StackedLinear;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.ExpertChannel;
import io.colubrid.spi.layer.ExpertChannelFactory;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Layer;

/** Makes a {@link SwiGluLayer}, or {@link SwiGluExperts}. */
final class SwiGluLayerFactory implements ExpertChannelFactory<SwiGluConfig> {
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

  @Override
  public ExpertChannel createExperts(SwiGluConfig config, BuildContext context, int experts) {
    long stream = context.input().width();
    long inner = config.widthFor(stream);
    boolean bias = config.bias();
    Initializer start = Initializer.kaimingUniform();
    Initializer end = ResidualOutput.initializer(context);
    return new SwiGluExperts(
        new StackedLinear(context, "gate_proj", experts, stream, inner, bias, start),
        new StackedLinear(context, "up_proj", experts, stream, inner, bias, start),
        new StackedLinear(context, "down_proj", experts, inner, stream, bias, end),
        config.dropout());
  }
}
