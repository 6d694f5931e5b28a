package io.colubrid.runtime.combinator;

import io.colubrid.spi.layer.InvalidLayerException;
import io.colubrid.spi.layer.LayerSpec;

/**
 * Keys of the layer {@code shared}.
 *
 * @param name what the places with these weights have in common
 * @param of the layer, the same at every place
 */
public record SharedConfig(String name, LayerSpec of) {
  public SharedConfig {
    if (name.isBlank()) {
      throw new InvalidLayerException("name", "is blank; name the weights that are shared");
    }
  }
}
