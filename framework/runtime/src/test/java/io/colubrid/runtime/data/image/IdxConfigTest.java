package io.colubrid.runtime.data.image;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.colubrid.runtime.data.DataException;
import io.colubrid.runtime.data.DataShape;
import io.colubrid.runtime.data.DataSource;
import io.colubrid.runtime.data.ItemBatch;
import io.colubrid.runtime.data.ItemStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxConfigTest {
  private static final Augmentation PLAIN = new Augmentation(false, 0);
  private static final Normalization UNIT = new Normalization(List.of(0.0), List.of(1 / 255.0));

  @TempDir Path folder;

  private IdxConfig config(@Nullable String tests, @Nullable String testLabels) {
    return new IdxConfig(
        DataSource.IDX,
        folder.toString(),
        "images",
        "labels",
        tests,
        testLabels,
        0.25,
        0,
        UNIT,
        PLAIN,
        3);
  }

  private void assertRefused(String... parts) {
    assertThatThrownBy(() -> config(null, null).open().close())
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(parts);
  }

  @Test
  void everyImageComesOnceInAnEpochWithItsClass() throws IOException {
    IdxBytes.write(folder, "images", "labels", 20, 3);
    IdxBytes.write(folder, "tests", "test-labels", 5, 3);
    try (ImageData data = config("tests", "test-labels").open();
        Arena arena = Arena.ofConfined()) {
      assertThat(data.shape()).isEqualTo(new DataShape.Images(2, 3, 1, 3));
      ItemStream stream = data.training(0, 7);
      ItemBatch batch = stream.allocate(arena, 10);
      Set<Integer> seen = new HashSet<>();
      for (int i = 0; i < 2; i++) {
        assertThat(stream.fill(batch)).isEqualTo(10);
        for (int row = 0; row < 10; row++) {
          int image = Math.round(batch.input(row).getAtIndex(JAVA_FLOAT, 5));
          assertThat(batch.targets(row).get(JAVA_INT, 0)).isEqualTo(image % 3);
          seen.add(image);
        }
      }
      assertThat(seen).hasSize(20);
    }
  }

  @Test
  void packedFilesAreFoundByTheirPlainNames() throws IOException {
    IdxBytes.write(folder, "images", "labels", 8, 2);
    for (String name : List.of("images", "labels")) {
      Path plain = folder.resolve(name);
      Files.write(folder.resolve(name + ".gz"), IdxBytes.packed(Files.readAllBytes(plain)));
      Files.delete(plain);
    }
    try (ImageData data = config(null, null).open()) {
      assertThat(data.shape()).isEqualTo(new DataShape.Images(2, 3, 1, 2));
    }
  }

  @Test
  void aShareIsHeldOutWithoutTestFilesAndNeverTrainedOn() throws IOException {
    IdxBytes.write(folder, "images", "labels", 200, 2);
    try (ImageData data = config(null, null).open();
        Arena arena = Arena.ofConfined()) {
      ImageHeldOut pass = data.heldOut(0);
      ItemBatch batch = pass.allocate(arena, 1);
      Set<Integer> heldOut = new HashSet<>();
      while (pass.next(batch)) {
        heldOut.add(Math.round(batch.input().get(JAVA_FLOAT, 0)));
      }
      assertThat(heldOut.size()).isBetween(30, 70);
      ItemStream stream = data.training(0, 1);
      for (int i = 0; i < 200; i++) {
        stream.fill(batch);
        assertThat(heldOut).doesNotContain(Math.round(batch.input().get(JAVA_FLOAT, 0)));
      }
    }
  }

  @Test
  void bytesAreNormalised() throws IOException {
    IdxBytes.write(folder, "images", "labels", 2, 2);
    Normalization normalization = new Normalization(List.of(0.5), List.of(0.25));
    assertThat(normalization.table(3)[2][255]).isEqualTo(2);
    assertThat(normalization.table(1)[0][0]).isEqualTo(-2);
    assertThatThrownBy(() -> new Normalization(List.of(0.1, 0.2), List.of(1.0)).table(3))
        .hasMessageContaining("data.normalize.mean has 2 numbers, but the images have 3 channels");
  }

  @Test
  void brokenFilesAreNamed() throws IOException {
    assertRefused("no file", "images", "none with .gz");
    IdxBytes.write(folder, "images", "labels", 4, 2);
    byte[] good = Files.readAllBytes(folder.resolve("images"));

    Files.write(folder.resolve("images"), Arrays.copyOf(good, good.length - 1));
    assertRefused("images", "ends after 23 of the 24 bytes", "fetch it again");

    Files.write(folder.resolve("images"), Arrays.copyOf(good, good.length + 1));
    assertRefused("images", "goes on behind the 24 bytes");

    Files.write(folder.resolve("images"), Arrays.copyOf(good, 10));
    assertRefused("images", "fetch it again");

    byte[] wrong = good.clone();
    wrong[2] = 0x0d;
    Files.write(folder.resolve("images"), wrong);
    assertRefused("expected 00 00 08 03, found 00 00 0d 03");

    byte[] huge = good.clone();
    huge[4] = 0x7f;
    Files.write(folder.resolve("images"), huge);
    assertRefused("images", "too short for");

    byte[] negative = good.clone();
    negative[4] = (byte) 0x80;
    Files.write(folder.resolve("images"), negative);
    assertRefused("images", "size of -2147483644");

    Files.write(folder.resolve("images"), new byte[0]);
    assertRefused("images", "expected 00 00 08 03, found");
  }

  @Test
  void aPackedFileThatIsNotWholeIsNamed() throws IOException {
    IdxBytes.write(folder, "images", "labels", 4, 2);
    byte[] packed = IdxBytes.packed(Files.readAllBytes(folder.resolve("images")));
    Files.delete(folder.resolve("images"));
    Files.write(folder.resolve("images.gz"), Arrays.copyOf(packed, packed.length - 10));
    assertRefused("images.gz");
    Files.write(folder.resolve("images.gz"), new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
    assertRefused("images.gz", "not a whole gzip file");
  }

  @Test
  void labelsMustBelongToTheImages() throws IOException {
    IdxBytes.write(folder, "images", "labels", 4, 2);
    IdxBytes.write(folder, "others", "labels", 5, 2);
    assertRefused("has 4 images, but", "has 5 labels");
    IdxBytes.write(folder, "images", "labels", 4, 1);
    assertRefused("all 4 images are of one class");
  }

  @Test
  void accuracyCountsEveryImageOnce() throws IOException {
    IdxBytes.write(folder, "images", "labels", 4, 2);
    IdxBytes.write(folder, "tests", "test-labels", 5, 2);
    try (ImageData data = config("tests", "test-labels").open();
        Arena arena = Arena.ofConfined()) {
      ImageHeldOut pass = data.heldOut(0);
      ItemBatch batch = pass.allocate(arena, 3);
      int batches = 0;
      while (pass.next(batch)) {
        // Always class 0, also in the padding behind the last image.
        pass.add(1.5, arena.allocateFrom(JAVA_FLOAT, 2, 1, 2, 1, 2, 1));
        batches++;
      }
      assertThat(batches).isEqualTo(2);
      assertThat(batch.targets(2).get(JAVA_INT, 0)).isEqualTo(-1);
      assertThat(pass.score().value()).isEqualTo(3 / 5.0);
      assertThat(pass.score().more().values()).first().isEqualTo(3 / 5.0);
      assertThat(pass.score()).hasToString("held-out accuracy 60.00 % (loss 0.6000)");
      pass.rewind();
      assertThat(pass.next(batch)).isTrue();
      pass.add(0, arena.allocateFrom(JAVA_FLOAT, Float.NaN, 1, 2, Float.NaN, 2, 1));
      assertThat(pass.score().value()).isCloseTo(1 / 3.0, within(1e-9));
    }
  }
}
