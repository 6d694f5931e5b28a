package io.colubrid.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Sources stay small enough to be read in one go. */
final class SourceSizeTest {
  private static final int MOST_LINES = 600;

  @Test
  void noSourceFileIsLongerThanSixHundredLines() throws IOException {
    List<Path> sources = sources();

    assertThat(sources).anyMatch(file -> file.endsWith("SourceSizeTest.java"));
    assertThat(sources).allSatisfy(file -> assertThat(lines(file)).isLessThanOrEqualTo(MOST_LINES));
  }

  private static List<Path> sources() throws IOException {
    try (Stream<Path> files =
        Files.find(
            repository(), 32, (path, attributes) -> isSource(path) && attributes.isRegularFile())) {
      return files.toList();
    }
  }

  private static boolean isSource(Path path) {
    return path.toString().matches(".*/src/(main|test)/.*\\.java");
  }

  private static Path repository() {
    Path place = Path.of("").toAbsolutePath();
    while (!Files.exists(place.resolve("colubrid"))) {
      place = place.getParent();
    }
    return place;
  }

  private static long lines(Path file) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines.count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
