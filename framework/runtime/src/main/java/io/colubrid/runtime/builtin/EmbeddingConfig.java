package io.colubrid.runtime.builtin;

import io.colubrid.spi.config.Positive;
import io.colubrid.spi.config.Range;

/**
 * Keys of the stem {@code embedding}.
 *
 * @param vocabulary number of tokens
 * @param initStd standard deviation of the table at the start
 * @param dropout share of the elements of the stream that training sets to zero
 */
public record EmbeddingConfig(
    @Positive long vocabulary,
    @Range(min = 0) double initStd,
    @Range(min = 0, max = 0.99) double dropout) {}
