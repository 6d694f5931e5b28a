package io.colubrid.plugins.mamba;

import io.colubrid.spi.plugin.BuiltFor;
import io.colubrid.spi.plugin.LayerPlugin;
import io.colubrid.spi.plugin.Spi;

/** Brings the layer {@code mamba}. */
@BuiltFor(Spi.VERSION)
public final class MambaPlugin extends LayerPlugin {
  @Override
  protected void configure() {
    layer("mamba").config(MambaConfig.class).factory(MambaLayerFactory.class);
  }
}
