package io.colubrid.runtime.builtin;

import io.colubrid.nn.Linear;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Stem;
import io.colubrid.spi.layer.StemFactory;

/** Makes a {@link LinearStem}. */
final class LinearStemFactory implements StemFactory<LinearStemConfig> {
  @Override
  public Stem create(LinearStemConfig config, BuildContext context) {
    Linear projection =
        new Linear(
            context,
            "proj",
            config.features(),
            context.input().width(),
            config.bias(),
            Initializer.kaimingUniform());
    return new LinearStem(projection, config.dropout());
  }
}
