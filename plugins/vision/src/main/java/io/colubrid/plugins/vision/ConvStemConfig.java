package io.colubrid.plugins.vision;

import io.colubrid.spi.config.Positive;

/**
 * Keys of the stem {@code conv-stem}.
 *
 * @param image what comes in
 * @param epsilon the norms'
 */
public record ConvStemConfig(ImageConfig image, @Positive double epsilon) {}
