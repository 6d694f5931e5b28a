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
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderConfigTest {
  private static final Augmentation PLAIN = new Augmentation(false, 0);
  private static final Normalization UNIT = new Normalization(List.of(0.0), List.of(1 / 255.0));

  @TempDir Path folder;

  private ImageFolderConfig config(int channels, @Nullable String tests) {
    return new ImageFolderConfig(
        DataSource.IMAGE_FOLDER,
        folder.resolve("train").toString(),
        tests,
        4,
        4,
        channels,
        0.5,
        0,
        UNIT,
        PLAIN,
        3);
  }

  private void write(String name, int width, int height, int left, int right) throws IOException {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        image.setRGB(x, y, x < width / 2 ? left : right);
      }
    }
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    ImageIO.write(image, "png", file.toFile());
  }

  private void assertRefused(String... parts) {
    assertThatThrownBy(() -> config(1, null).open().close())
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(parts);
  }

  @Test
  void imagesAreScaledAndCutToTheirSize() throws IOException {
    write("train/cat/1.png", 16, 8, 0xFF0000, 0x0000FF);
    write("train/dog/1.png", 2, 2, 0x00FF00, 0x00FF00);
    write("train/dog/nested/2.png", 4, 40, 0x00FF00, 0x00FF00);
    write("test/cat/a.png", 8, 8, 0xFF0000, 0x0000FF);
    write("test/dog/b.png", 4, 4, 0x204060, 0x204060);
    try (ImageData data = config(3, folder.resolve("test").toString()).open();
        Arena arena = Arena.ofConfined()) {
      assertThat(data.shape()).isEqualTo(new DataShape.Images(4, 4, 3, 2));
      ImageHeldOut pass = data.heldOut(0);
      ItemBatch batch = pass.allocate(arena, 2);
      assertThat(pass.next(batch)).isTrue();
      assertThat(batch.targets().toArray(JAVA_INT)).containsExactly(0, 1);
      float[] cat = batch.input(0).toArray(JAVA_FLOAT);
      assertThat(cat[0]).isEqualTo(255, within(0.01f));
      assertThat(cat[2]).isEqualTo(0, within(0.01f));
      assertThat(cat[3 * 3 + 2]).isEqualTo(255, within(0.01f));
      float[] dog = batch.input(1).toArray(JAVA_FLOAT);
      assertThat(List.of(dog[0], dog[1], dog[2])).containsExactly(32f, 64f, 96f);

      ItemStream stream = data.training(0, 1);
      ItemBatch three = stream.allocate(arena, 3);
      assertThat(stream.fill(three)).isEqualTo(3);
    }
  }

  @Test
  void greyIsTheLumaOfAColour() throws IOException {
    write("train/a/1.png", 4, 4, 0xFF0000, 0xFF0000);
    write("train/b/1.png", 4, 4, 0x00FF00, 0x00FF00);
    byte[] red = new ImageFile(folder.resolve("train/a/1.png")).decode(new ImageSize(4, 4, 1));
    assertThat(red[0] & 0xFF).isEqualTo(76);
  }

  @Test
  void aFolderWithoutClassesOrImagesIsNamed() throws IOException {
    assertRefused("no folder", "train");
    Files.createDirectories(folder.resolve("train"));
    assertRefused("has no folders in it", "one for each class");
    write("train/a/1.png", 4, 4, 1, 2);
    assertRefused("one class");
    Files.createDirectories(folder.resolve("train/b"));
    Files.writeString(folder.resolve("train/b/note.txt"), "no image");
    assertRefused("train/b", "has no image in it");
  }

  @Test
  void aTestFolderHasTheSameClasses() throws IOException {
    write("train/a/1.png", 4, 4, 1, 2);
    write("train/b/1.png", 4, 4, 1, 2);
    write("test/a/1.png", 4, 4, 1, 2);
    write("test/c/1.png", 4, 4, 1, 2);
    assertThatThrownBy(() -> config(1, folder.resolve("test").toString()).open().close())
        .hasMessageContaining("test/c")
        .hasMessageContaining("never trained on");
  }

  @Test
  void aBrokenImageIsNamedWhenItIsRead() throws IOException {
    write("train/a/1.png", 4, 4, 1, 2);
    Path broken = folder.resolve("train/b/2.png");
    Files.createDirectories(broken.getParent());
    for (byte[] content :
        List.of(new byte[] {1, 2, 3}, head(folder.resolve("train/a/1.png"), 40))) {
      Files.write(broken, content);
      assertThatThrownBy(() -> new ImageFile(broken).decode(new ImageSize(4, 4, 1)))
          .isInstanceOf(DataException.class)
          .hasMessageContaining(broken.toString());
    }
  }

  private static byte[] head(Path file, int count) throws IOException {
    return java.util.Arrays.copyOf(Files.readAllBytes(file), count);
  }
}
