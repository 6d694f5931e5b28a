package io.colubrid.runtime.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenDataTest {
  @TempDir Path folder;

  @Test
  void aTextGoesFromTheDiskToBatches() throws IOException, InterruptedException {
    Path text = folder.resolve("text.txt");
    Files.writeString(text, "one\n\ntwo\n\nthree\n\nfour\n");
    try (TokenData data = TextConfig.path(text.toString()).open()) {
      assertThat(data.documents().size()).isEqualTo(4);
      TokenBatches stream = data.training(6, 1);
      try (Prefetcher<TokenBatch> prefetcher = new Prefetcher<>(stream, 2, 3)) {
        assertThat(prefetcher.next().targets()).isEqualTo(12);
      }
      HeldOutBatches heldOut = data.heldOut(6);
      assertThat(heldOut.next(TokenBatch.allocate(Arena.ofAuto(), 8, 6))).isTrue();
      assertThat(heldOut.predictedBytes()).isEqualTo(data.split().heldOut().length(0));
    }
  }

  @Test
  void aMissingTextIsNamed() {
    assertThatThrownBy(() -> TextConfig.path("/no/such/text").open())
        .isInstanceOf(DataException.class)
        .hasMessageContaining("/no/such/text");
    assertThatThrownBy(() -> TextConfig.path("").open())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("source = path needs");
  }
}
