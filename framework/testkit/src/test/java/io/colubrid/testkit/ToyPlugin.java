package io.colubrid.testkit;

import io.colubrid.spi.plugin.BuiltFor;
import io.colubrid.spi.plugin.LayerPlugin;
import io.colubrid.spi.plugin.Spi;

/** Brings the layer {@code toy}. */
@BuiltFor(Spi.VERSION)
public final class ToyPlugin extends LayerPlugin {
  /** What the layer says that it does not support. */
  public enum Refusal {
    NOTHING,
    PACKING,
    PADDING,
    STATE,
    CAUSALITY
  }

  /**
   * Keys of the layer.
   *
   * @param fault what is wrong with it
   * @param refuses what it declares unsupported
   */
  public record Config(Fault fault, Refusal refuses) {}

  @Override
  protected void configure() {
    layer("toy").config(Config.class).factory(ToyLayer.Factory.class);
  }
}
