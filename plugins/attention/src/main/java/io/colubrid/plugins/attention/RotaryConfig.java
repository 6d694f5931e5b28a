package io.colubrid.plugins.attention;

import io.colubrid.nn.Rotary;
import io.colubrid.spi.config.Positive;

/**
 * Keys of rotary positions.
 *
 * @param theta base of the frequencies
 * @param scaling how they are stretched
 * @param factor by how much
 * @param lowFactor turns below which a frequency is slow (llama3)
 * @param highFactor turns above which a frequency is kept (llama3)
 * @param originalLength length before the stretch (llama3)
 */
public record RotaryConfig(
    @Positive double theta,
    Scaling scaling,
    @Positive double factor,
    @Positive double lowFactor,
    @Positive double highFactor,
    @Positive long originalLength) {

  /** How frequencies are stretched. */
  public enum Scaling {
    NONE,
    LINEAR,
    LLAMA3
  }

  Rotary rotary(long headDim) {
    Rotary.Scaling stretch =
        switch (scaling) {
          case NONE -> Rotary.Scaling.none();
          case LINEAR -> Rotary.Scaling.linear(factor);
          case LLAMA3 ->
              Rotary.Scaling.llama3(factor, lowFactor, highFactor, (double) originalLength);
        };
    return new Rotary(headDim, theta, stretch);
  }
}
