package io.colubrid.spi.layer;

/**
 * A layer inside another layer's config, such as the mixer that a combinator runs in two
 * directions. In the file it is an object with a {@code type}; {@link BuildContext#create} makes
 * the layer.
 */
public interface LayerSpec {
  /** Name under which a plugin brought the layer. */
  String type();
}
