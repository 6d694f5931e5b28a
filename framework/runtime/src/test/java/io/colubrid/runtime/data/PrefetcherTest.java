package io.colubrid.runtime.data;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class PrefetcherTest {
  private static TokenBatches stream(Documents documents) {
    TokenDocuments tokens = new TokenDocuments(documents, new ByteTokenizer(), 0);
    return new TokenBatches(tokens, Packing.PACKED, 8, 1);
  }

  @Test
  void batchesAndPositionsAreThoseOfTheStream() throws InterruptedException {
    InMemory documents = InMemory.random(30, 50, 4);
    TokenBatches plain = stream(documents);
    TokenBatch expected = TokenBatch.allocate(Arena.ofAuto(), 2, 8);
    for (int buffers : new int[] {2, 4}) {
      plain.seek(DataPosition.START);
      try (Prefetcher<TokenBatch> prefetcher = new Prefetcher<>(stream(documents), 2, buffers)) {
        assertThat(prefetcher.position()).isEqualTo(DataPosition.START);
        for (int step = 0; step < 200; step++) {
          int targets = plain.fill(expected);
          PrefetchedBatch<TokenBatch> read = prefetcher.next();
          assertThat(read.batch().ids().mismatch(expected.ids())).isEqualTo(-1);
          assertThat(read.batch().targets().mismatch(expected.targets())).isEqualTo(-1);
          assertThat(read.targets()).isEqualTo(targets);
          assertThat(read.after()).isEqualTo(plain.position());
          assertThat(prefetcher.position()).isEqualTo(plain.position());
        }
      }
    }
  }

  @Test
  void resumingFromAConsumedPositionGoesOnWithTheNextBatch() throws InterruptedException {
    InMemory documents = InMemory.random(30, 50, 4);
    try (Prefetcher<TokenBatch> first = new Prefetcher<>(stream(documents), 2, 3)) {
      for (int step = 0; step < 17; step++) {
        first.next();
      }
      DataPosition checkpoint = first.position();
      int[] next = first.next().batch().ids().toArray(JAVA_INT);
      TokenBatches resumed = stream(documents);
      resumed.seek(checkpoint);
      try (Prefetcher<TokenBatch> second = new Prefetcher<>(resumed, 2, 3)) {
        assertThat(second.position()).isEqualTo(checkpoint);
        assertThat(second.next().batch().ids().toArray(JAVA_INT)).isEqualTo(next);
      }
    }
  }

  @Test
  void failuresSurfaceAfterTheBatchesBeforeThem() throws InterruptedException {
    Documents failing =
        new Documents() {
          private int reads;

          @Override
          public long size() {
            return 1;
          }

          @Override
          public long length(long index) {
            return 15;
          }

          @Override
          public MemorySegment get(long index) {
            if (reads++ == 6) {
              throw new DataException("the disk is gone");
            }
            return MemorySegment.ofArray(new byte[15]);
          }
        };
    try (Prefetcher<TokenBatch> prefetcher = new Prefetcher<>(stream(failing), 2, 4)) {
      for (int step = 0; step < 3; step++) {
        prefetcher.next();
      }
      for (int time = 0; time < 2; time++) {
        assertThatThrownBy(prefetcher::next)
            .isInstanceOf(DataException.class)
            .hasMessage("the disk is gone")
            .hasCauseInstanceOf(DataException.class);
      }
    }
  }

  @Test
  void closingEndsTheThreadWhateverItDoes() throws InterruptedException {
    Prefetcher<TokenBatch> prefetcher = new Prefetcher<>(stream(InMemory.random(30, 50, 4)), 2, 2);
    MemorySegment ids = prefetcher.next().batch().ids();
    prefetcher.close();
    prefetcher.close();
    assertThat(ids.scope().isAlive()).isFalse();
    assertThatThrownBy(prefetcher::next)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }
}
