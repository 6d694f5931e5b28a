package io.colubrid.plugins.vision;

import io.colubrid.spi.config.Positive;
import io.colubrid.spi.tensor.TensorType;

/**
 * The images that a model takes.
 *
 * @param height in pixels
 * @param width in pixels
 * @param channels such as 1 for grey, 3 for colours
 */
public record ImageConfig(@Positive int height, @Positive int width, @Positive int channels) {
  TensorType batch(long images) {
    return TensorType.f32(images, height, width, channels);
  }
}
