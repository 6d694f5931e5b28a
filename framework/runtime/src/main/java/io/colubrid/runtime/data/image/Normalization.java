package io.colubrid.runtime.data.image;

import java.util.List;
import java.util.Map;

/**
 * Brings bytes to numbers around 0: {@code (byte / 255 − mean) / std}.
 *
 * @param mean of each channel, or one for all
 * @param std of each channel, or one for all
 */
public record Normalization(List<Double> mean, List<Double> std) {
  private static final int LEVELS = 256;
  private static final double BRIGHTEST = 255;

  void check(Map<String, String> problems) {
    if (mean.isEmpty() || !mean.stream().allMatch(Double::isFinite)) {
      problems.put("normalize.mean", "expected a number for each channel, or one for all");
    }
    if (std.isEmpty() || !std.stream().allMatch(value -> value > 0 && Double.isFinite(value))) {
      problems.put("normalize.std", "expected a number above 0 for each channel, or one for all");
    }
  }

  /** The number for each byte of each channel: [channels][256]. */
  float[][] table(int channels) {
    requireFits("mean", mean, channels);
    requireFits("std", std, channels);
    float[][] table = new float[channels][LEVELS];
    for (int channel = 0; channel < channels; channel++) {
      for (int level = 0; level < LEVELS; level++) {
        table[channel][level] =
            (float) ((level / BRIGHTEST - of(mean, channel)) / of(std, channel));
      }
    }
    return table;
  }

  private static double of(List<Double> values, int channel) {
    return values.get(values.size() == 1 ? 0 : channel);
  }

  private static void requireFits(String key, List<Double> values, int channels) {
    if (values.size() != 1 && values.size() != channels) {
      throw new io.colubrid.runtime.data.DataException(
          "data.normalize.%s has %d numbers, but the images have %d channels"
              .formatted(key, values.size(), channels));
    }
  }
}
