package io.colubrid.spi.layer;

/**
 * Makes a layer from its config. Guice creates the factory, so its constructor may ask for
 * services.
 *
 * @param <C> the layer's config record
 */
@FunctionalInterface
public interface LayerFactory<C extends Record> {
  /**
   * @throws InvalidLayerException if the config does not fit the place, such as a width that the
   *     number of heads does not divide
   */
  Layer create(C config, BuildContext context);
}
