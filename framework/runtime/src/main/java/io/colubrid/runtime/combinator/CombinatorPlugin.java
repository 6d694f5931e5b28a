package io.colubrid.runtime.combinator;

import io.colubrid.spi.plugin.BuiltFor;
import io.colubrid.spi.plugin.LayerPlugin;
import io.colubrid.spi.plugin.Spi;

/** Brings layers that are made of other layers and know no family. */
@BuiltFor(Spi.VERSION)
public final class CombinatorPlugin extends LayerPlugin {
  @Override
  protected void configure() {
    layer("parallel").config(ParallelConfig.class).factory(ParallelLayerFactory.class);
    layer("shared").config(SharedConfig.class).factory(SharedLayerFactory.class);
    layer("bidirectional")
        .config(BidirectionalConfig.class)
        .factory(BidirectionalLayerFactory.class);
    layer("residual-scale")
        .config(ResidualScaleConfig.class)
        .factory(ResidualScaleLayerFactory.class);
  }
}
