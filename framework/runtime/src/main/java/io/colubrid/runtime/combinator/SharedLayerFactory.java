package io.colubrid.runtime.combinator;

import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerFactory;

/** Makes a {@link SharedLayer}. */
final class SharedLayerFactory implements LayerFactory<SharedConfig> {
  @Override
  public Layer create(SharedConfig config, BuildContext context) {
    return new SharedLayer(context.createShared("of", config.of(), context.input(), config.name()));
  }
}
