package io.colubrid.plugins.vision;

import io.colubrid.spi.config.Positive;
import io.colubrid.spi.layer.InvalidLayerException;
import java.util.OptionalInt;

/**
 * Keys of the layer {@code ss2d}.
 *
 * @param expand inner width as a multiple of the stream's
 * @param dState states a channel
 * @param dConv rows and columns of the depthwise convolution
 * @param convBias whether the convolution has a bias
 * @param bias whether the projections in and out have biases
 * @param dtRank rank of the projection that step sizes come from; absent for ⌈width/16⌉
 * @param dtMin smallest step size at the start
 * @param dtMax largest step size at the start
 * @param dtInitFloor no step size starts below this
 * @param epsilon of the norm before the projection out
 */
public record Ss2dConfig(
    @Positive int expand,
    @Positive int dState,
    @Positive int dConv,
    boolean convBias,
    boolean bias,
    @Positive OptionalInt dtRank,
    @Positive double dtMin,
    @Positive double dtMax,
    @Positive double dtInitFloor,
    @Positive double epsilon) {

  public Ss2dConfig {
    if (dConv % 2 == 0) {
      throw new InvalidLayerException(
          "d-conv", "the convolution has a centre, so d-conv must be odd, but is " + dConv);
    }
  }

  int dtRankFor(long width) {
    return dtRank.orElseGet(() -> Math.toIntExact(Math.ceilDiv(width, 16)));
  }
}
