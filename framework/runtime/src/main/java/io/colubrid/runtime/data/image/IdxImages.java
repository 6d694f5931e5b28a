package io.colubrid.runtime.data.image;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.colubrid.runtime.data.ContentHash;
import io.colubrid.runtime.data.DataException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** Images and labels of two IDX files, held as the bytes they are. */
final class IdxImages implements Images {
  private final ImageSize size;
  private final MemorySegment pixels;
  private final MemorySegment labels;
  private final int classes;

  private IdxImages(ImageSize size, MemorySegment pixels, MemorySegment labels, int classes) {
    this.size = size;
    this.pixels = pixels;
    this.labels = labels;
    this.classes = classes;
  }

  /**
   * Reads both files.
   *
   * @throws DataException naming the file that is missing or broken
   */
  static IdxImages read(Path images, Path labels, Arena arena) {
    IdxFile pixels = IdxFile.read(images, arena, 3, 4);
    IdxFile classes = IdxFile.read(labels, arena, 1);
    int[] dims = pixels.dimensions();
    if (dims[0] != classes.dimensions()[0]) {
      throw new DataException(
          "'%s' has %d images, but '%s' has %d labels; they do not belong together"
              .formatted(images, dims[0], labels, classes.dimensions()[0]));
    }
    ImageSize size = new ImageSize(dims[1], dims[2], dims.length == 4 ? dims[3] : 1);
    int most = 0;
    for (long i = 0; i < dims[0]; i++) {
      most = Math.max(most, classes.bytes().get(JAVA_BYTE, i) & 0xFF);
    }
    boolean several = classes.bytes().mismatch(first(classes)) >= 0;
    return new IdxImages(size, pixels.bytes(), classes.bytes(), several ? most + 1 : 1);
  }

  /** As many labels, all equal to the first. */
  private static MemorySegment first(IdxFile labels) {
    byte[] equal = new byte[labels.dimensions()[0]];
    java.util.Arrays.fill(equal, labels.bytes().get(JAVA_BYTE, 0));
    return MemorySegment.ofArray(equal);
  }

  @Override
  public ImageSize size() {
    return size;
  }

  @Override
  public int count() {
    return Math.toIntExact(labels.byteSize());
  }

  @Override
  public int classes() {
    return classes;
  }

  @Override
  public int label(int index) {
    return labels.get(JAVA_BYTE, index) & 0xFF;
  }

  @Override
  public MemorySegment pixels(int index) {
    return pixels.asSlice(index * size.bytes(), size.bytes());
  }

  @Override
  public long identity(int index) {
    return ContentHash.mix(index);
  }

  @Override
  public long fingerprint() {
    return ContentHash.of(labels, size.bytes());
  }
}
