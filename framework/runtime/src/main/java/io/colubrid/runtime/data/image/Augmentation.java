package io.colubrid.runtime.data.image;

import java.util.Map;

/**
 * How training varies images.
 *
 * @param flip whether every other image is mirrored, left to right
 * @param crop pixels of black around an image, of which a random part of its size is cut; 0 for
 *     none
 */
public record Augmentation(boolean flip, int crop) {
  /** Leaves images as they are. */
  static final Augmentation NONE = new Augmentation(false, 0);

  void check(Map<String, String> problems) {
    if (crop < 0) {
      problems.put("augment.crop", "must be a number of pixels, or 0 for none, not " + crop);
    }
  }
}
