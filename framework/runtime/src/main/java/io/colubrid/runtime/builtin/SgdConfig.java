package io.colubrid.runtime.builtin;

import io.colubrid.spi.config.Range;

/**
 * Keys of the optimizer {@code sgd}.
 *
 * @param momentum how much of the last direction is kept a step
 * @param weightDecay share of a weight that a step at learning rate 1 would take away
 */
public record SgdConfig(
    @Range(min = 0, max = 0.999999) double momentum, @Range(min = 0) double weightDecay) {}
