package io.colubrid.spi.layer;

/**
 * Makes a channel layer that can also stand as experts with stacked weights, behind a router.
 * Layers whose factory cannot are experts one by one.
 *
 * @param <C> the layer's config record
 */
public interface ExpertChannelFactory<C extends Record> extends LayerFactory<C> {
  /**
   * Makes experts of one config, which start independently of each other.
   *
   * @param experts how many
   * @throws InvalidLayerException if the config does not fit the place
   */
  ExpertChannel createExperts(C config, BuildContext context, int experts);
}
