package org.example.series;

import io.colubrid.spi.plugin.BuiltFor;
import io.colubrid.spi.plugin.LayerPlugin;
import io.colubrid.spi.plugin.Spi;

/** Brings the layer {@code series-mixer}. */
@BuiltFor(Spi.VERSION)
public final class SeriesMixerPlugin extends LayerPlugin {
  @Override
  protected void configure() {
    layer("series-mixer").config(SeriesMixerConfig.class).factory(SeriesMixerLayerFactory.class);
  }
}
