package io.colubrid.runtime.builtin;

import io.colubrid.spi.config.Positive;

/**
 * Keys of the head {@code linear}.
 *
 * @param features real numbers to forecast a position
 * @param bias whether the product has a bias
 * @param norm norm before the product
 * @param epsilon the norm's
 */
public record LinearHeadConfig(
    @Positive long features, boolean bias, NormKind norm, @Positive double epsilon) {}
