package io.colubrid.runtime.data;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DataConfigTest {
  @Test
  void defaultsAreUsable() {
    assertThat(DataConfig.europarl().problems()).isEmpty();
    assertThat(DataConfig.path("text").problems()).isEmpty();
  }

  @Test
  void everyProblemIsNamedByItsKey() {
    DataConfig wrong =
        new DataConfig(
            DataConfig.Source.PATH,
            " ",
            DocumentUnit.SEPARATOR,
            "",
            -2,
            1.0,
            0,
            0,
            Packing.DENSE,
            1);
    assertThat(wrong.problems())
        .containsOnlyKeys(
            "path",
            "document-separator",
            "document-marker",
            "held-out",
            "held-out-bytes",
            "read-ahead");
    DataConfig pointless =
        new DataConfig(
            DataConfig.Source.EUROPARL,
            "text",
            DocumentUnit.LINE,
            "|",
            0,
            0.1,
            0,
            1,
            Packing.DENSE,
            2);
    assertThat(pointless.problems()).containsOnlyKeys("path", "documents", "document-separator");
  }
}
