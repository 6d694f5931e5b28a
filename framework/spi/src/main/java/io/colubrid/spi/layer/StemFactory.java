package io.colubrid.spi.layer;

/**
 * Makes a stem from its config. Guice creates the factory, so its constructor may ask for services.
 *
 * @param <C> the stem's config record
 */
@FunctionalInterface
public interface StemFactory<C extends Record> {
  /**
   * @throws InvalidLayerException if the config does not fit the place, such as a width that the
   *     number of heads does not divide
   */
  Stem create(C config, BuildContext context);
}
