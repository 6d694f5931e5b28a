package io.colubrid.runtime.builtin;

import io.colubrid.spi.config.Positive;
import io.colubrid.spi.config.Range;
import io.colubrid.spi.layer.InvalidLayerException;

/**
 * Keys of the optimizer {@code adamw}.
 *
 * @param beta1 how much of the mean gradient is kept a step
 * @param beta2 how much of the mean squared gradient is kept a step
 * @param epsilon added to the root of the mean squared gradient
 * @param weightDecay share of a weight that a step at learning rate 1 would take away
 */
public record AdamWConfig(
    double beta1, double beta2, @Positive double epsilon, @Range(min = 0) double weightDecay) {
  public AdamWConfig {
    requireMomentum("beta1", beta1);
    requireMomentum("beta2", beta2);
  }

  static void requireMomentum(String key, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new InvalidLayerException(key, "must be at least 0 and less than 1, found " + value);
    }
  }
}
