package io.colubrid.runtime.builtin;

import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.layer.Stem;
import io.colubrid.spi.layer.StemFactory;
import io.colubrid.spi.tensor.Shape;

/** Makes an {@link EmbeddingStem}. */
final class EmbeddingStemFactory implements StemFactory<EmbeddingConfig> {
  @Override
  public Stem create(EmbeddingConfig config, BuildContext context) {
    Parameter table =
        context.parameter(
            "weight",
            Shape.of(config.vocabulary(), context.input().width()),
            Initializer.normal(config.initStd()),
            Parameter.Role.TABLE);
    return new EmbeddingStem(table, config.dropout());
  }
}
