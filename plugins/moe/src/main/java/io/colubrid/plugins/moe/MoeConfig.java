package io.colubrid.plugins.moe;

import io.colubrid.spi.config.Positive;
import io.colubrid.spi.config.Range;
import io.colubrid.spi.layer.InvalidLayerException;
import io.colubrid.spi.layer.LayerSpec;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Keys of the layer {@code moe}; reference.conf says what they mean.
 *
 * @param experts how many there are
 * @param topK how many a position is sent to
 * @param renormalise whether the weights of the chosen ones are scaled to add up to 1
 * @param capacity room of an expert while training, as a multiple of an even share; absent for room
 *     for all
 * @param expert the channel layer that each expert is
 * @param shared a channel layer that every position goes through beside its experts
 * @param balanceLoss coefficient of the load-balancing loss
 * @param zLoss coefficient of the router's z-loss
 */
public record MoeConfig(
    @Positive int experts,
    @Positive int topK,
    boolean renormalise,
    @Positive OptionalDouble capacity,
    LayerSpec expert,
    Optional<LayerSpec> shared,
    @Range(min = 0) double balanceLoss,
    @Range(min = 0) double zLoss) {
  public MoeConfig {
    if (topK > experts) {
      throw new InvalidLayerException(
          "top-k",
          "a position cannot go to %d of %d experts; lower top-k or raise experts"
              .formatted(topK, experts));
    }
  }
}
