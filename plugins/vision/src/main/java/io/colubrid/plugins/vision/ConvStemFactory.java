package io.colubrid.plugins.vision;

import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.InvalidLayerException;
import io.colubrid.spi.layer.Stem;
import io.colubrid.spi.layer.StemFactory;

/** Makes a {@link ConvStem}. */
final class ConvStemFactory implements StemFactory<ConvStemConfig> {
  @Override
  public Stem create(ConvStemConfig config, BuildContext context) {
    long width = context.input().width();
    if (width % 2 != 0) {
      throw new InvalidLayerException(
          "type",
          "conv-stem makes half of d-model first, but d-model is %d; make it even"
              .formatted(width));
    }
    double epsilon = config.epsilon();
    return new ConvStem(
        config.image(),
        Convolution.halving(
            context, "conv1", "norm1", config.image().channels(), width / 2, epsilon),
        Convolution.halving(context, "conv2", "norm2", width / 2, width, epsilon));
  }
}
