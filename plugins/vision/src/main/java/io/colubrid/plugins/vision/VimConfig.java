package io.colubrid.plugins.vision;

import io.colubrid.spi.config.Positive;
import io.colubrid.spi.config.Range;
import java.util.OptionalInt;

/**
 * Keys of the layer {@code vim}.
 *
 * @param expand inner width as a multiple of the stream's
 * @param dState states a channel
 * @param dConv width of each direction's convolution
 * @param dtRank rank of the projection that step sizes come from; absent for ⌈width/16⌉
 * @param dtMin smallest step size at the start
 * @param dtMax largest step size at the start
 * @param dtInitFloor no step size starts below this
 * @param convBias whether the convolutions have biases
 * @param bias whether the projections in and out have biases
 * @param divideOut whether the sum of both directions is halved
 */
public record VimConfig(
    @Positive int expand,
    @Positive int dState,
    @Range(min = 2) int dConv,
    @Positive OptionalInt dtRank,
    @Positive double dtMin,
    @Positive double dtMax,
    @Positive double dtInitFloor,
    boolean convBias,
    boolean bias,
    boolean divideOut) {

  int dtRankFor(long width) {
    return dtRank.orElseGet(() -> Math.toIntExact(Math.ceilDiv(width, 16)));
  }
}
