package io.colubrid.runtime.data.image;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.colubrid.runtime.data.Items;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;

/** Some of the images, normalised and varied: F32 [height, width, channels] and an I32 class. */
final class ImageItems implements Items {
  private final Images images;
  private final int[] chosen;
  private final float[][] levels;
  private final Augmentation augmentation;

  /**
   * @param chosen indices of the images
   */
  ImageItems(Images images, int[] chosen, Normalization normalization, Augmentation augmentation) {
    this.images = images;
    this.chosen = chosen;
    this.levels = normalization.table(images.size().channels());
    this.augmentation = augmentation;
  }

  @Override
  public long size() {
    return chosen.length;
  }

  @Override
  public long inputBytes() {
    return images.size().bytes() * Float.BYTES;
  }

  @Override
  public long targetBytes() {
    return Integer.BYTES;
  }

  @Override
  public int targets() {
    return 1;
  }

  @Override
  public void read(long index, long key, MemorySegment input, MemorySegment target) {
    int image = chosen[Math.toIntExact(index)];
    target.set(JAVA_INT, 0, images.label(image));
    SplittableRandom random = new SplittableRandom(key);
    int crop = augmentation.crop();
    int down = crop == 0 ? 0 : random.nextInt(2 * crop + 1) - crop;
    int right = crop == 0 ? 0 : random.nextInt(2 * crop + 1) - crop;
    boolean mirrored = augmentation.flip() && random.nextBoolean();
    write(images.pixels(image), down, right, mirrored, input);
  }

  private void write(
      MemorySegment pixels, int down, int right, boolean mirrored, MemorySegment input) {
    ImageSize size = images.size();
    int channels = size.channels();
    long at = 0;
    for (int row = 0; row < size.height(); row++) {
      int fromRow = row + down;
      for (int column = 0; column < size.width(); column++) {
        int moved = column + right;
        int fromColumn = mirrored ? size.width() - 1 - moved : moved;
        boolean inside =
            fromRow >= 0 && fromRow < size.height() && moved >= 0 && moved < size.width();
        long from = ((long) fromRow * size.width() + fromColumn) * channels;
        for (int channel = 0; channel < channels; channel++) {
          int level = inside ? pixels.get(JAVA_BYTE, from + channel) & 0xFF : 0;
          input.setAtIndex(JAVA_FLOAT, at++, levels[channel][level]);
        }
      }
    }
  }
}
