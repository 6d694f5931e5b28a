package io.colubrid.runtime.data.image;

import io.colubrid.runtime.data.DataShape;
import io.colubrid.runtime.data.DataSource;
import io.colubrid.spi.config.Positive;
import io.colubrid.spi.config.Range;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Labelled shapes, drawn as they are asked for: images without a file.
 *
 * @param height pixels of an image
 * @param width pixels of an image
 * @param channels 1 for grey, 3 for colours
 * @param classes kinds of shapes, at most as many as there are
 * @param count images to train on
 * @param testCount images to evaluate on
 * @param noise standard deviation of the noise, in shares of the brightest
 * @param shapeSeed decides the images; apart from a run's seed, so that runs of several seeds see
 *     the same
 */
public record ShapesConfig(
    DataSource source,
    @Range(min = 8, max = 4096) int height,
    @Range(min = 8, max = 4096) int width,
    @Range(min = 1, max = 16) int channels,
    int classes,
    @Positive int count,
    @Positive int testCount,
    @Range(min = 0) double noise,
    long shapeSeed,
    Normalization normalize,
    Augmentation augment,
    int readAhead)
    implements ImageConfig {

  @Override
  public Map<String, String> problems() {
    Map<String, String> problems = new LinkedHashMap<>();
    int most = Shapes.Kind.values().length;
    if (classes < 2 || classes > most) {
      problems.put("classes", "must be from 2 to %d, not %d".formatted(most, classes));
    }
    checkShared(problems);
    return problems;
  }

  @Override
  public ShapesConfig absolute() {
    return this;
  }

  @Override
  public Optional<DataShape> knownShape() {
    return Optional.of(new DataShape.Images(height, width, channels, classes));
  }

  @Override
  public String description() {
    return "%,d drawn shapes of %d kinds, tested on %,d others"
        .formatted(count, classes, testCount);
  }

  // The data close it.
  @SuppressWarnings("MustBeClosedChecker")
  @Override
  public ImageData open() {
    requireUsable();
    ImageSize size = new ImageSize(height, width, channels);
    Shapes shapes = new Shapes(size, count, classes, noise, shapeSeed);
    Shapes tests = new Shapes(size, testCount, classes, noise, ~shapeSeed);
    return ImageData.of(Arena.ofShared(), shapes, tests, this);
  }
}
