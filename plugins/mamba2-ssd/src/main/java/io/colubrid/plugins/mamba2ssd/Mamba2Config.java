package io.colubrid.plugins.mamba2ssd;

import io.colubrid.spi.config.Positive;
import io.colubrid.spi.config.Range;
import io.colubrid.spi.layer.InvalidLayerException;
import java.util.OptionalDouble;

/**
 * Keys of the layer {@code mamba2}.
 *
 * @param expand inner width as a multiple of the stream's
 * @param headDim channels a head
 * @param dState states a channel
 * @param groups groups of heads that share B and C
 * @param dConv width of the causal convolution
 * @param chunk positions that are multiplied as one matrix
 * @param dtMin smallest step size at the start
 * @param dtMax largest step size at the start
 * @param dtInitFloor no step size starts below this
 * @param timeStepLimit bounds of step sizes at all times
 * @param aMin slowest decay rate at the start
 * @param aMax fastest decay rate at the start
 * @param norm what the norm before the last projection runs over
 * @param normEpsilon added to the mean square of that norm
 * @param convBias whether the convolution has a bias
 * @param bias whether the projections in and out have biases
 */
public record Mamba2Config(
    @Positive int expand,
    @Positive int headDim,
    @Positive int dState,
    @Positive int groups,
    @Range(min = 2) int dConv,
    @Positive int chunk,
    @Positive double dtMin,
    @Positive double dtMax,
    @Positive double dtInitFloor,
    TimeStepLimit timeStepLimit,
    @Positive double aMin,
    @Positive double aMax,
    Norm norm,
    @Positive double normEpsilon,
    boolean convBias,
    boolean bias) {

  /** What a norm runs over. */
  public enum Norm {
    /** All channels, as in transformers. */
    ALL,
    /** The channels of each group, as in mamba_ssm. */
    GROUP
  }

  /**
   * Bounds of step sizes.
   *
   * @param max absent for none
   */
  public record TimeStepLimit(@Range(min = 0) double min, @Positive OptionalDouble max) {
    public TimeStepLimit {
      if (min > max.orElse(Double.POSITIVE_INFINITY)) {
        throw new InvalidLayerException(
            "min", "must not be above max, but is %s, and max is %s".formatted(min, max));
      }
    }
  }

  public Mamba2Config {
    if (aMin > aMax) {
      throw new InvalidLayerException(
          "a-min", "must not be above a-max, but is %s, and a-max is %s".formatted(aMin, aMax));
    }
  }

  /**
   * Heads of a layer on a stream of a width.
   *
   * @throws InvalidLayerException if heads do not fill the inner width, or groups not the heads
   */
  long headsFor(long width) {
    long inner = expand * width;
    if (inner % headDim != 0) {
      throw new InvalidLayerException(
          "head-dim",
          "expand times d-model is %d, not divisible by head-dim %d; change one of them"
              .formatted(inner, headDim));
    }
    long heads = inner / headDim;
    if (heads % groups != 0) {
      throw new InvalidLayerException(
          "groups",
          "%d heads (expand times d-model / head-dim) are not divisible by groups %d"
              .formatted(heads, groups));
    }
    return heads;
  }
}
