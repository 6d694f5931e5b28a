package io.colubrid.runtime.builtin;

import io.colubrid.spi.config.Positive;
import io.colubrid.spi.config.Range;

/**
 * Keys of the optimizer {@code adamw}.
 *
 * @param beta1 how much of the mean gradient is kept a step
 * @param beta2 how much of the mean squared gradient is kept a step
 * @param epsilon added to the root of the mean squared gradient
 * @param weightDecay share of a weight that a step at learning rate 1 would take away
 */
public record AdamWConfig(
    @Range(min = 0, max = 0.999999) double beta1,
    @Range(min = 0, max = 0.999999) double beta2,
    @Positive double epsilon,
    @Range(min = 0) double weightDecay) {}
