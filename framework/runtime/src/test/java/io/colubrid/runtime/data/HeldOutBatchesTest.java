package io.colubrid.runtime.data;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeldOutBatchesTest {
  private static final int NONE = TokenDocuments.NO_MARKER;

  private static HeldOutBatches pass(
      Documents documents, int marker, Packing packing, int length, long limit) {
    return new HeldOutBatches(
        new TokenDocuments(documents, new ByteTokenizer(), marker),
        packing,
        length,
        limit,
        Measure.lower("bits per byte", "bits / byte"));
  }

  /** All targets of a pass. */
  private static List<Integer> targets(HeldOutBatches pass, int batch, int length) {
    TokenBatch room = TokenBatch.allocate(Arena.ofAuto(), batch, length);
    List<Integer> all = new ArrayList<>();
    while (pass.next(room)) {
      for (int target : room.targets().toArray(JAVA_INT)) {
        if (target != TokenBatch.NO_TARGET) {
          all.add(target);
        }
      }
    }
    assertThat(pass.next(room)).isFalse();
    return all;
  }

  private static List<Integer> tokens(byte[] bytes) {
    List<Integer> tokens = new ArrayList<>();
    for (byte value : bytes) {
      tokens.add(value & 0xFF);
    }
    return tokens;
  }

  @Test
  void withAMarkerEveryByteIsPredictedOnce() {
    for (Packing packing : Packing.values()) {
      for (int longest : new int[] {1, 30, 700}) {
        InMemory documents = InMemory.random(23, longest, longest);
        HeldOutBatches pass = pass(documents, 0, packing, 10, Long.MAX_VALUE);
        List<Integer> predicted = targets(pass, 3, 10);
        assertThat(predicted).containsExactlyInAnyOrderElementsOf(tokens(documents.joined()));
        assertThat(pass.predictedBytes()).isEqualTo(documents.joined().length);
      }
    }
  }

  @Test
  void withoutAMarkerFirstBytesArePredictedInDenseRowsOnly() {
    InMemory documents = InMemory.of("ab", "cde", "f", "ghij");
    HeldOutBatches packed = pass(documents, NONE, Packing.PACKED, 4, Long.MAX_VALUE);
    assertThat(targets(packed, 2, 4))
        .containsExactlyInAnyOrderElementsOf(tokens("bdehij".getBytes(UTF_8)));
    assertThat(packed.predictedBytes()).isEqualTo(6);
    HeldOutBatches dense = pass(documents, NONE, Packing.DENSE, 4, Long.MAX_VALUE);
    assertThat(targets(dense, 2, 4)).hasSize(9);
    assertThat(dense.predictedBytes()).isEqualTo(9);
  }

  @Test
  void theLimitIsMetToTheByte() {
    InMemory documents = InMemory.random(50, 40, 8);
    for (Packing packing : Packing.values()) {
      for (int limit = 1; limit < 200; limit += 7) {
        HeldOutBatches pass = pass(documents, 0, packing, 16, limit);
        assertThat(targets(pass, 2, 16)).hasSize(limit);
        assertThat(pass.predictedBytes()).isEqualTo(limit);
      }
    }
  }

  @Test
  void everyPassIsTheSame() {
    InMemory documents = InMemory.random(50, 40, 8);
    HeldOutBatches pass = pass(documents, 0, Packing.PACKED, 16, 300);
    List<Integer> first = targets(pass, 2, 16);
    pass.rewind();
    assertThat(targets(pass, 2, 16)).isEqualTo(first);
    assertThat(targets(pass(documents, 0, Packing.PACKED, 16, 300), 5, 16)).isEqualTo(first);
  }

  @Test
  void whatIsLeftOfABatchIsPadding() {
    HeldOutBatches pass = pass(InMemory.of("ab"), 0, Packing.PACKED, 4, 100);
    TokenBatch room = TokenBatch.allocate(Arena.ofAuto(), 2, 4);
    assertThat(pass.next(room)).isTrue();
    assertThat(room.ids().toArray(JAVA_INT)).containsExactly(0, 'a', 'b', 0, 0, 0, 0, 0);
    assertThat(room.targets().toArray(JAVA_INT)).containsExactly('a', 'b', -1, -1, -1, -1, -1, -1);
    assertThat(room.segments().toArray(JAVA_INT)).containsExactly(0, 0, 0, -1, -1, -1, -1, -1);
    assertThat(room.positions().toArray(JAVA_INT)).containsExactly(0, 1, 2, -1, -1, -1, -1, -1);
  }

  @Test
  void nothingHeldOutIsAnError() {
    assertThatThrownBy(() -> pass(InMemory.of(), 0, Packing.PACKED, 4, 100))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("no documents are held out");
  }
}
