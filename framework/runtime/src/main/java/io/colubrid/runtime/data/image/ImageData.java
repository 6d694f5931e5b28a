package io.colubrid.runtime.data.image;

import io.colubrid.runtime.data.ContentHash;
import io.colubrid.runtime.data.DataException;
import io.colubrid.runtime.data.DataSet;
import io.colubrid.runtime.data.DataShape;
import io.colubrid.runtime.data.ItemBatch;
import io.colubrid.runtime.data.ItemStream;
import java.lang.foreign.Arena;

/** Images that were opened and split. */
public final class ImageData implements DataSet<ItemBatch> {
  private final Arena arena;
  private final Images images;
  private final Images tests;
  private final ImageItems train;
  private final ImageItems heldOut;

  private ImageData(
      Arena arena, Images images, Images tests, ImageItems train, ImageItems heldOut) {
    this.arena = arena;
    this.images = images;
    this.tests = tests;
    this.train = train;
    this.heldOut = heldOut;
  }

  /**
   * @param arena closed at last
   * @param fraction share of the images to hold out
   */
  static ImageData split(
      Arena arena, Images images, ImageConfig config, double fraction, long seed) {
    requireClasses(images);
    ImageSplit split = ImageSplit.of(images, fraction, seed);
    return new ImageData(
        arena,
        images,
        images,
        new ImageItems(images, split.train(), config.normalize(), config.augment()),
        new ImageItems(images, split.heldOut(), config.normalize(), Augmentation.NONE));
  }

  /**
   * @param arena closed at last
   * @param tests images to evaluate on, of the size and the classes of the others
   */
  static ImageData of(Arena arena, Images images, Images tests, ImageConfig config) {
    requireClasses(images);
    if (!tests.size().equals(images.size())) {
      throw new DataException(
          "the images to train on are %s, but those to test on are %s"
              .formatted(images.size(), tests.size()));
    }
    return new ImageData(
        arena,
        images,
        tests,
        new ImageItems(images, ImageSplit.all(images), config.normalize(), config.augment()),
        new ImageItems(tests, ImageSplit.all(tests), config.normalize(), Augmentation.NONE));
  }

  private static void requireClasses(Images images) {
    if (images.classes() < 2) {
      throw new DataException(
          "all %d images are of one class, so there is nothing to tell apart"
              .formatted(images.count()));
    }
  }

  @Override
  public DataShape shape() {
    ImageSize size = images.size();
    int classes = Math.max(images.classes(), tests.classes());
    return new DataShape.Images(size.height(), size.width(), size.channels(), classes);
  }

  @Override
  public ItemStream training(int length, long seed) {
    return new ItemStream(train, seed);
  }

  @Override
  public ImageHeldOut heldOut(int length) {
    return new ImageHeldOut(heldOut, Math.max(images.classes(), tests.classes()));
  }

  @Override
  public long fingerprint() {
    return ContentHash.mix(images.fingerprint()) ^ tests.fingerprint();
  }

  @Override
  public void close() {
    arena.close();
  }
}
