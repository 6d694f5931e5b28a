package io.colubrid.spi.layer;

/**
 * Makes a head from its config. Guice creates the factory, so its constructor may ask for services.
 *
 * @param <C> the head's config record
 */
@FunctionalInterface
public interface HeadFactory<C extends Record> {
  /**
   * @throws InvalidLayerException if the config does not fit the place, such as a width that the
   *     number of heads does not divide
   */
  Head create(C config, BuildContext context);
}
