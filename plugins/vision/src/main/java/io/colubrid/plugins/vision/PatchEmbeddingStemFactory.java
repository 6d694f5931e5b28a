package io.colubrid.plugins.vision;

import io.colubrid.nn.Linear;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.layer.Stem;
import io.colubrid.spi.layer.StemFactory;
import io.colubrid.spi.tensor.Shape;

/** Makes a {@link PatchEmbeddingStem}. */
final class PatchEmbeddingStemFactory implements StemFactory<PatchEmbeddingConfig> {
  @Override
  public Stem create(PatchEmbeddingConfig config, BuildContext context) {
    long width = context.input().width();
    long pixels = (long) config.patch() * config.patch() * config.image().channels();
    Linear projection =
        new Linear(context, "proj", pixels, width, config.bias(), Initializer.kaimingUniform());
    boolean token = config.classToken() != ClassToken.NONE;
    return new PatchEmbeddingStem(
        config,
        projection,
        token ? table(config, context, "cls_token", 1) : null,
        config.positions() ? positions(config, context, token) : null);
  }

  private static PositionTable positions(
      PatchEmbeddingConfig config, BuildContext context, boolean token) {
    GridConfig grid = config.positionGrid().orElse(config.patches());
    long rows = PositionTable.count(grid) + (token ? 1 : 0);
    return new PositionTable(
        table(config, context, "pos_embed", rows),
        grid,
        config.patches(),
        config.classToken(),
        config.interpolation());
  }

  private static Parameter table(
      PatchEmbeddingConfig config, BuildContext context, String name, long rows) {
    return context.parameter(
        name,
        Shape.of(1, rows, context.input().width()),
        Initializer.normal(config.initStd()),
        Parameter.Role.VECTOR);
  }
}
