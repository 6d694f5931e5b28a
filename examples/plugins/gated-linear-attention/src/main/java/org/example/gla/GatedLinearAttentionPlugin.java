package org.example.gla;

import io.colubrid.spi.plugin.BuiltFor;
import io.colubrid.spi.plugin.LayerPlugin;
import io.colubrid.spi.plugin.Spi;

/** Brings the layer {@code gated-linear-attention}. */
@BuiltFor(Spi.VERSION)
public final class GatedLinearAttentionPlugin extends LayerPlugin {
  @Override
  protected void configure() {
    layer("gated-linear-attention")
        .config(GatedLinearAttentionConfig.class)
        .factory(GatedLinearAttentionLayerFactory.class);
  }
}
