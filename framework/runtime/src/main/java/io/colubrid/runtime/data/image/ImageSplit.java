package io.colubrid.runtime.data.image;

import io.colubrid.runtime.data.ContentHash;
import io.colubrid.runtime.data.DataException;
import java.util.stream.IntStream;

/**
 * Images to train on and images held out, by their index. A hash of an image's identity decides, so
 * that others which come or go move it to no other side.
 */
record ImageSplit(int[] train, int[] heldOut) {
  private static final double UNIT = 0x1.0p-53;

  /**
   * @param fraction share of the images to hold out, in [0, 1); above 0 each side gets one at least
   */
  static ImageSplit of(Images images, double fraction, long seed) {
    int count = images.count();
    if (fraction > 0 && count < 2) {
      throw new DataException(
          "there is %d image, so none can be held out; add images, or set held-out = 0"
              .formatted(count));
    }
    int[] heldOut =
        IntStream.range(0, count).filter(i -> draw(images, i, seed) < fraction).toArray();
    if (fraction > 0 && heldOut.length == 0) {
      heldOut = new int[] {0};
    } else if (heldOut.length == count && count > 0) {
      heldOut = IntStream.range(1, count).toArray();
    }
    boolean[] out = new boolean[count];
    for (int index : heldOut) {
      out[index] = true;
    }
    return new ImageSplit(IntStream.range(0, count).filter(i -> !out[i]).toArray(), heldOut);
  }

  private static double draw(Images images, int index, long seed) {
    long hash = ContentHash.mix(ContentHash.mix(seed) ^ images.identity(index));
    return (hash >>> 11) * UNIT;
  }

  /** All images of a set. */
  static int[] all(Images images) {
    return IntStream.range(0, images.count()).toArray();
  }
}
