package org.example.series;

import io.colubrid.spi.config.Range;

/**
 * Keys of the layer {@code series-mixer}.
 *
 * @param period positions that the trend is the mean of
 * @param kernelSize positions that a kernel reaches over
 * @param centred whether both look as far ahead as back
 */
public record SeriesMixerConfig(
    @Range(min = 2, max = 4096) int period,
    @Range(min = 2, max = 4096) int kernelSize,
    boolean centred) {}
