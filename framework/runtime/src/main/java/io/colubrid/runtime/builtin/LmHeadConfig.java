package io.colubrid.runtime.builtin;

import io.colubrid.spi.config.Positive;
import io.colubrid.spi.config.Range;
import java.util.OptionalLong;

/**
 * Keys of the head {@code lm-head}.
 *
 * @param vocabulary number of tokens that are scored
 * @param tie whether the stem's table is also the matrix of scores
 * @param norm norm before the scores
 * @param epsilon the norm's
 * @param labelSmoothing share of a target's mass spread evenly over the vocabulary
 * @param chunk positions whose scores a loss holds at once; absent for as many as fit into 64 MiB,
 *     or 256 MiB where activations are BF16
 */
public record LmHeadConfig(
    @Positive long vocabulary,
    boolean tie,
    NormKind norm,
    @Positive double epsilon,
    @Range(min = 0, max = 0.99) double labelSmoothing,
    @Positive OptionalLong chunk) {}
