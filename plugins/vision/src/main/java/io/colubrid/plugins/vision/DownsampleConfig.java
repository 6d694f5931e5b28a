package io.colubrid.plugins.vision;

import io.colubrid.spi.config.Positive;
import java.util.OptionalLong;

/**
 * Keys of the layer {@code downsample}.
 *
 * @param width of the stream behind it; absent for twice that before
 * @param epsilon the norm's
 */
public record DownsampleConfig(@Positive OptionalLong width, @Positive double epsilon) {}
