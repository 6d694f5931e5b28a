package io.colubrid.runtime.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class TextConfigTest {
  @Test
  void defaultsAreUsable() {
    assertThat(TextConfig.europarl().problems()).isEmpty();
    assertThat(TextConfig.path("text").problems()).isEmpty();
  }

  @Test
  void aPathIsMadeToMeanTheSameFromAnywhere() {
    String here = Path.of("").toAbsolutePath().toString();
    assertThat(TextConfig.path("a/../text").absolute().path()).isEqualTo(here + "/text");
    assertThat(TextConfig.path("~/text").absolute().path()).isEqualTo("~/text");
    assertThat(TextConfig.europarl().absolute()).isEqualTo(TextConfig.europarl());
  }

  @Test
  void everyProblemIsNamedByItsKey() {
    TextConfig wrong =
        new TextConfig(
            DataSource.PATH, " ", DocumentUnit.SEPARATOR, "", -2, 1.0, 0, 0, Packing.DENSE, 1);
    assertThat(wrong.problems())
        .containsOnlyKeys(
            "path",
            "document-separator",
            "document-marker",
            "held-out",
            "held-out-bytes",
            "read-ahead");
    TextConfig pointless =
        new TextConfig(
            DataSource.EUROPARL, "text", DocumentUnit.LINE, "|", 0, 0.1, 0, 1, Packing.DENSE, 2);
    assertThat(pointless.problems()).containsOnlyKeys("path", "documents", "document-separator");
  }
}
