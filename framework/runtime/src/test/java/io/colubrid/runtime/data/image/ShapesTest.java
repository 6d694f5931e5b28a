package io.colubrid.runtime.data.image;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShapesTest {
  private static final ImageSize SIZE = new ImageSize(20, 24, 3);
  private static final Normalization UNIT = new Normalization(List.of(0.0), List.of(1 / 255.0));

  @Test
  void anImageIsDecidedBySeedAndIndex() {
    Shapes shapes = new Shapes(SIZE, 100, 6, 0.1, 3);
    assertThat(shapes.pixels(7).toArray(JAVA_BYTE)).isEqualTo(shapes.pixels(7).toArray(JAVA_BYTE));
    assertThat(new Shapes(SIZE, 100, 6, 0.1, 4).pixels(7).mismatch(shapes.pixels(7)))
        .isNotNegative();
    for (int label = 0; label < 6; label++) {
      int wanted = label;
      assertThat(java.util.stream.IntStream.range(0, 100).filter(i -> shapes.label(i) == wanted))
          .hasSizeGreaterThan(5);
    }
  }

  @Test
  void everyKindCanBeSeen() {
    Shapes shapes = new Shapes(SIZE, 60, 6, 0, 5);
    for (int i = 0; i < 60; i++) {
      byte[] pixels = shapes.pixels(i).toArray(JAVA_BYTE);
      int bright = 0;
      for (byte pixel : pixels) {
        bright += (pixel & 0xFF) > 80 ? 1 : 0;
      }
      assertThat(bright).as("image %d of class %d", i, shapes.label(i)).isGreaterThan(40);
      assertThat(bright).isLessThan(pixels.length * 3 / 4);
    }
  }

  @Test
  void flipAndCropMoveAnImageAndEqualKeysGiveEqualImages() {
    Shapes shapes = new Shapes(SIZE, 10, 6, 0.1, 3);
    int[] first = {0};
    ImageItems plain = new ImageItems(shapes, first, UNIT, Augmentation.NONE);
    ImageItems varied = new ImageItems(shapes, first, UNIT, new Augmentation(true, 3));
    float[] image = read(plain, 1);
    boolean mirrored = false;
    for (long key = 0; key < 40; key++) {
      assertThat(read(varied, key)).isEqualTo(read(varied, key));
      mirrored |=
          matches(image, read(new ImageItems(shapes, first, UNIT, new Augmentation(true, 0)), key));
    }
    assertThat(mirrored).isTrue();
    assertThat(read(varied, 1)).isNotEqualTo(read(varied, 2));
  }

  private static float[] read(ImageItems items, long key) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment input = arena.allocate(items.inputBytes());
      items.read(0, key, input, arena.allocate(items.targetBytes()));
      return input.toArray(JAVA_FLOAT);
    }
  }

  /** Whether one image is the other seen in a mirror. */
  private static boolean matches(float[] image, float[] other) {
    int width = SIZE.width();
    int channels = SIZE.channels();
    for (int row = 0; row < SIZE.height(); row++) {
      for (int column = 0; column < width; column++) {
        int here = (row * width + column) * channels;
        int there = (row * width + width - 1 - column) * channels;
        if (image[here] != other[there]) {
          return false;
        }
      }
    }
    return true;
  }
}
