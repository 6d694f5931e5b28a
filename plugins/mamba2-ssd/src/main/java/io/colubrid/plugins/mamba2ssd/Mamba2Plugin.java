package io.colubrid.plugins.mamba2ssd;

import io.colubrid.spi.plugin.BuiltFor;
import io.colubrid.spi.plugin.LayerPlugin;
import io.colubrid.spi.plugin.Spi;

/** Brings the layer {@code mamba2}. */
@BuiltFor(Spi.VERSION)
public final class Mamba2Plugin extends LayerPlugin {
  @Override
  protected void configure() {
    layer("mamba2").config(Mamba2Config.class).factory(Mamba2LayerFactory.class);
  }
}
