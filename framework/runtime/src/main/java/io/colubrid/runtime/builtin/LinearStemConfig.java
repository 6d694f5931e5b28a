package io.colubrid.runtime.builtin;

import io.colubrid.spi.config.Positive;
import io.colubrid.spi.config.Range;

/**
 * Keys of the stem {@code linear}.
 *
 * @param features real numbers a position
 * @param bias whether the product has a bias
 * @param dropout share of the elements of the stream that training sets to zero
 */
public record LinearStemConfig(
    @Positive long features, boolean bias, @Range(min = 0, max = 0.99) double dropout) {}
