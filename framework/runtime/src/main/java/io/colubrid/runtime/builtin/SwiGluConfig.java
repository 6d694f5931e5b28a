package io.colubrid.runtime.builtin;

import io.colubrid.spi.config.Positive;
import io.colubrid.spi.config.Range;
import java.util.OptionalLong;

/**
 * Keys of the channel layer {@code swiglu}.
 *
 * @param width inner width; absent for 8/3 of d-model, rounded up to a multiple of 32, which gives
 *     the layer about as many weights as an MLP of four times d-model
 * @param bias whether the products have biases
 * @param dropout share of the inner elements that training sets to zero
 */
public record SwiGluConfig(
    @Positive OptionalLong width, boolean bias, @Range(min = 0, max = 0.99) double dropout) {
  private static final long MULTIPLE = 32;

  long widthFor(long stream) {
    return width.orElseGet(() -> Math.ceilDiv(Math.ceilDiv(8 * stream, 3), MULTIPLE) * MULTIPLE);
  }
}
