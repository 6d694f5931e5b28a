package io.colubrid.plugins.mamba;

import io.colubrid.spi.config.Positive;
import io.colubrid.spi.config.Range;
import java.util.OptionalInt;

/**
 * Keys of the layer {@code mamba}.
 *
 * @param expand inner width as a multiple of the stream's
 * @param dState states a channel
 * @param dConv width of the causal convolution
 * @param dtRank rank of the projection that step sizes come from; absent for ⌈width/16⌉
 * @param dtMin smallest step size at the start
 * @param dtMax largest step size at the start
 * @param dtInitFloor no step size starts below this
 * @param convBias whether the convolution has a bias
 * @param bias whether the projections in and out have biases
 * @param innerNorms RMS norms on step sizes, B and C
 * @param innerNormEpsilon added to the mean square of those norms
 */
public record MambaConfig(
    @Positive int expand,
    @Positive int dState,
    @Range(min = 2) int dConv,
    @Positive OptionalInt dtRank,
    @Positive double dtMin,
    @Positive double dtMax,
    @Positive double dtInitFloor,
    boolean convBias,
    boolean bias,
    InnerNorms innerNorms,
    @Positive double innerNormEpsilon) {

  /** RMS norms between x_proj and what it makes. */
  public enum InnerNorms {
    NONE,
    /** Without weights, as in Falcon Mamba. */
    WEIGHTLESS,
    /** With weights, as in Jamba. */
    LEARNED
  }

  int dtRankFor(long width) {
    return dtRank.orElseGet(() -> Math.toIntExact(Math.ceilDiv(width, 16)));
  }
}
