package io.colubrid.runtime.builtin;

import io.colubrid.nn.Activation;
import io.colubrid.spi.config.Positive;
import io.colubrid.spi.config.Range;
import java.util.OptionalLong;

/**
 * Keys of the channel layer {@code mlp}.
 *
 * @param expand inner width as a multiple of d-model, where no width is given
 * @param width inner width
 * @param activation function between the two products
 * @param bias whether the products have biases
 * @param dropout share of the inner elements that training sets to zero
 */
public record MlpConfig(
    @Positive double expand,
    @Positive OptionalLong width,
    Activation activation,
    boolean bias,
    @Range(min = 0, max = 0.99) double dropout) {}
