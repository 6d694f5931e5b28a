package io.colubrid.plugins.vision;

import io.colubrid.spi.config.Positive;
import io.colubrid.spi.config.Range;

/**
 * Keys of the head {@code classifier-head}.
 *
 * @param classes number of classes
 * @param pool what is classified
 * @param norm norm before the scores
 * @param epsilon the norm's
 * @param labelSmoothing share of a target's mass spread evenly over the classes
 * @param dropout share of the elements before the scores that training sets to zero
 */
public record ClassifierConfig(
    @Positive long classes,
    Pooling pool,
    NormKind norm,
    @Positive double epsilon,
    @Range(min = 0, max = 0.99) double labelSmoothing,
    @Range(min = 0, max = 0.99) double dropout) {

  /** Which norm stands before the product. */
  public enum NormKind {
    /** Root mean square, with a weight. */
    RMS,
    /** Mean and variance, with weight and bias. */
    LAYER,
    NONE
  }
}
