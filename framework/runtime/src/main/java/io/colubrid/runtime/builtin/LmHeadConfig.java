package io.colubrid.runtime.builtin;

import io.colubrid.spi.config.Positive;
import io.colubrid.spi.layer.InvalidLayerException;
import java.util.OptionalLong;

/**
 * Keys of the head {@code lm-head}.
 *
 * @param vocabulary number of tokens that are scored
 * @param tie whether the stem's table is also the matrix of scores
 * @param norm norm before the scores
 * @param epsilon the norm's
 * @param labelSmoothing share of a target's mass spread evenly over the vocabulary
 * @param chunk positions whose scores a loss holds at once; absent for as many as fit into 64 MiB
 */
public record LmHeadConfig(
    @Positive long vocabulary,
    boolean tie,
    FinalNorm.Kind norm,
    @Positive double epsilon,
    double labelSmoothing,
    @Positive OptionalLong chunk) {
  public LmHeadConfig {
    if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
      throw new InvalidLayerException(
          "label-smoothing", "must be at least 0 and less than 1, found " + labelSmoothing);
    }
  }
}
