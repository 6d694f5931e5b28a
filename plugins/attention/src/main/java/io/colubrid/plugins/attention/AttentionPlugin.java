package io.colubrid.plugins.attention;

import io.colubrid.spi.plugin.BuiltFor;
import io.colubrid.spi.plugin.LayerPlugin;
import io.colubrid.spi.plugin.Spi;

/** Brings the layer {@code attention}. */
@BuiltFor(Spi.VERSION)
public final class AttentionPlugin extends LayerPlugin {
  @Override
  protected void configure() {
    layer("attention").config(AttentionConfig.class).factory(AttentionLayerFactory.class);
  }
}
