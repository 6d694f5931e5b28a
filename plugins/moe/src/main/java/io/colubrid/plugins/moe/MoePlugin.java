package io.colubrid.plugins.moe;

import io.colubrid.spi.plugin.BuiltFor;
import io.colubrid.spi.plugin.LayerPlugin;
import io.colubrid.spi.plugin.Spi;

/** Brings the layer {@code moe}. */
@BuiltFor(Spi.VERSION)
public final class MoePlugin extends LayerPlugin {
  @Override
  protected void configure() {
    layer("moe").config(MoeConfig.class).factory(MoeLayerFactory.class);
  }
}
