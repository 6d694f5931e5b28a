package io.colubrid.plugins.vision;

import io.colubrid.spi.config.Positive;

/**
 * A grid of positions.
 *
 * @param height rows
 * @param width columns
 */
public record GridConfig(@Positive int height, @Positive int width) {}
