package io.colubrid.runtime.data;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TokenBatchesTest {
  private static final int NONE = TokenDocuments.NO_MARKER;

  private static TokenBatches stream(
      Documents documents, int marker, Packing packing, int length, long seed) {
    return new TokenBatches(
        new TokenDocuments(documents, new ByteTokenizer(), marker), packing, length, seed);
  }

  private static TokenBatch room(int batch, int length) {
    return TokenBatch.allocate(Arena.ofAuto(), batch, length);
  }

  private static int[] ints(MemorySegment segment) {
    return segment.toArray(JAVA_INT);
  }

  /** Everything a batch holds. */
  private static List<int[]> contents(TokenBatch batch) {
    return List.of(
        ints(batch.ids()), ints(batch.targets()), ints(batch.segments()), ints(batch.positions()));
  }

  /** A corpus in which every byte is followed by its successor, and documents are told apart. */
  private static InMemory counting(int documents, int length) {
    List<byte[]> texts = new ArrayList<>();
    for (int document = 0; document < documents; document++) {
      byte[] text = new byte[length];
      for (int i = 0; i < length; i++) {
        text[i] = (byte) (document * length + i + 1);
      }
      texts.add(text);
    }
    return new InMemory(texts);
  }

  @ParameterizedTest
  @EnumSource(Packing.class)
  void everyTokenComesExactlyOnceAnEpoch(Packing packing) {
    for (int marker : new int[] {NONE, 0}) {
      for (int longest : new int[] {1, 5, 300}) {
        InMemory documents = InMemory.random(40, longest, longest);
        if (longest == 1 && marker == NONE && packing == Packing.PACKED) {
          continue;
        }
        TokenBatches stream = stream(documents, marker, packing, 1, 9);
        int[] expected = new int[256];
        for (byte value : documents.joined()) {
          expected[value & 0xFF]++;
        }
        expected[0] += marker == NONE ? 0 : 40;
        for (int epoch = 0; epoch < 3; epoch++) {
          int[] seen = new int[256];
          assertThat(stream.position()).isEqualTo(new DataPosition(epoch, 0, 0, 0));
          for (long token = 0; token < stream.tokensPerEpoch(); token++) {
            TokenBatch batch = room(1, 1);
            stream.fill(batch);
            seen[batch.ids().get(JAVA_INT, 0)]++;
          }
          assertThat(seen).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void packedSegmentsAreRunsOfOneDocument() {
    for (int marker : new int[] {NONE, 0}) {
      InMemory documents = counting(20, 12);
      TokenBatches stream = stream(documents, marker, Packing.PACKED, 17, 4);
      for (int step = 0; step < 30; step++) {
        TokenBatch batch = room(3, 17);
        int counted = stream.fill(batch);
        int[] ids = ints(batch.ids());
        int[] targets = ints(batch.targets());
        int[] segments = ints(batch.segments());
        int[] positions = ints(batch.positions());
        assertThat(Arrays.stream(targets).filter(target -> target >= 0).count()).isEqualTo(counted);
        for (int at = 0; at < ids.length; at++) {
          boolean begins = at % 17 == 0 || segments[at] != segments[at - 1];
          assertThat(positions[at]).isEqualTo(begins ? 0 : positions[at - 1] + 1);
          assertThat(segments[at])
              .isEqualTo(at % 17 == 0 ? 0 : segments[at - 1] + (begins ? 1 : 0));
          if (!begins) {
            assertThat(ids[at]).isEqualTo(targets[at - 1]);
          }
          boolean documentEnds = ids[at] != 0 && ids[at] % 12 == 0;
          if (documentEnds) {
            assertThat(targets[at]).isEqualTo(marker);
          } else if (ids[at] == 0) {
            assertThat(targets[at] % 12).isEqualTo(1);
          } else {
            assertThat(targets[at]).isEqualTo(ids[at] + 1);
          }
        }
      }
    }
  }

  @Test
  void denseRowsArePiecesOfOneStream() {
    for (int marker : new int[] {NONE, 0}) {
      TokenBatches stream = stream(counting(20, 12), marker, Packing.DENSE, 16, 4);
      for (int step = 0; step < 30; step++) {
        TokenBatch batch = room(2, 16);
        assertThat(stream.fill(batch)).isEqualTo(32);
        for (int at = 0; at < 32; at++) {
          int id = batch.ids().getAtIndex(JAVA_INT, at);
          int target = batch.targets().getAtIndex(JAVA_INT, at);
          if (at % 16 > 0) {
            assertThat(id).isEqualTo(batch.targets().getAtIndex(JAVA_INT, at - 1));
          }
          boolean crosses = id == 0 || id % 12 == 0;
          assertThat(crosses ? target % 12 == 1 || target == marker : target == id + 1).isTrue();
          assertThat(batch.segments().getAtIndex(JAVA_INT, at)).isZero();
          assertThat(batch.positions().getAtIndex(JAVA_INT, at)).isEqualTo(at % 16);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Packing.class)
  void resumingAnywhereGivesTheSameStream(Packing packing) {
    InMemory documents = InMemory.random(7, 1500, 2);
    TokenBatches unbroken = stream(documents, 0, packing, 8, 11);
    List<DataPosition> positions = new ArrayList<>();
    List<List<int[]>> batches = new ArrayList<>();
    long steps = 3 * unbroken.tokensPerEpoch() / 16;
    for (long step = 0; step < steps; step++) {
      positions.add(unbroken.position());
      TokenBatch batch = room(2, 8);
      unbroken.fill(batch);
      batches.add(contents(batch));
    }
    for (int start = 0; start < steps; start += 41) {
      TokenBatches resumed = stream(documents, 0, packing, 8, 11);
      resumed.seek(positions.get(start));
      for (int step = start; step < Math.min(start + 4, steps); step++) {
        TokenBatch batch = room(2, 8);
        resumed.fill(batch);
        assertThat(contents(batch)).containsExactlyElementsOf(batches.get(step));
      }
    }
  }

  @Test
  void epochsAndSeedsDifferAndEqualSeedsDoNot() {
    InMemory documents = InMemory.random(64, 20, 3);
    List<int[]> first = epoch(stream(documents, 0, Packing.PACKED, 8, 1), 0);
    assertThat(epoch(stream(documents, 0, Packing.PACKED, 8, 1), 0))
        .containsExactlyElementsOf(first);
    assertThat(epoch(stream(documents, 0, Packing.PACKED, 8, 2), 0).get(0))
        .isNotEqualTo(first.get(0));
    assertThat(epoch(stream(documents, 0, Packing.PACKED, 8, 1), 1).get(0))
        .isNotEqualTo(first.get(0));
  }

  private static List<int[]> epoch(TokenBatches stream, long number) {
    stream.seek(new DataPosition(number, 0, 0, 0));
    TokenBatch batch = room(16, 8);
    stream.fill(batch);
    return contents(batch);
  }

  @Test
  void theStreamDoesNotDependOnTheBatch() {
    InMemory documents = InMemory.random(9, 50, 3);
    TokenBatch wide = room(6, 16);
    stream(documents, 0, Packing.PACKED, 16, 1).fill(wide);
    TokenBatches narrow = stream(documents, 0, Packing.PACKED, 16, 1);
    for (int row = 0; row < 6; row++) {
      TokenBatch one = room(1, 16);
      narrow.fill(one);
      assertThat(ints(one.ids()))
          .isEqualTo(Arrays.copyOfRange(ints(wide.ids()), row * 16, (row + 1) * 16));
    }
  }

  @Test
  void rowsOfOneDocumentComeApart() {
    byte[][] books = new byte[2][4000];
    Arrays.fill(books[0], (byte) 1);
    Arrays.fill(books[1], (byte) 2);
    TokenBatches stream = stream(new InMemory(List.of(books)), 0, Packing.PACKED, 10, 5);
    int changes = 0;
    int last = 0;
    for (int row = 0; row < 800; row++) {
      TokenBatch batch = room(1, 10);
      stream.fill(batch);
      int now = batch.ids().getAtIndex(JAVA_INT, 9);
      changes += now == last ? 0 : 1;
      last = now;
    }
    // A coin thrown for every row.
    assertThat(changes).isBetween(340, 460);
  }

  @Test
  void onlyTheOrderWithinAWindowIsShuffled() {
    List<byte[]> texts = new ArrayList<>();
    for (int document = 0; document < 3 * RowWindow.ROWS; document++) {
      texts.add(new byte[] {(byte) (document % 251 + 1), (byte) (document / 251 + 1)});
    }
    TokenBatches stream = stream(new InMemory(texts), NONE, Packing.PACKED, 2, 8);
    ChunkStream unshuffled = new ChunkStream(tokens(texts), new Chunks(tokens(texts), 16), 8);
    for (int window = 0; window < 3; window++) {
      List<Long> shuffled = new ArrayList<>();
      List<Long> straight = new ArrayList<>();
      for (int row = 0; row < RowWindow.ROWS; row++) {
        TokenBatch batch = room(1, 2);
        stream.fill(batch);
        shuffled.add(batch.ids().get(ValueLayout.JAVA_LONG, 0));
        TokenBatch next = room(1, 2);
        Piece piece = unshuffled.next(2);
        tokens(texts).read(piece.bytes(), piece.from(), 2, next.ids(), 0);
        straight.add(next.ids().get(ValueLayout.JAVA_LONG, 0));
      }
      assertThat(shuffled).isNotEqualTo(straight).hasSameElementsAs(straight);
    }
  }

  private static TokenDocuments tokens(List<byte[]> texts) {
    return new TokenDocuments(new InMemory(texts), new ByteTokenizer(), NONE);
  }

  @Test
  void oneDocumentOfOneByteIsEnough() {
    TokenBatches stream = stream(InMemory.of("x"), 0, Packing.PACKED, 5, 0);
    TokenBatch batch = room(1, 5);
    assertThat(stream.fill(batch)).isEqualTo(5);
    assertThat(ints(batch.ids())).containsExactly(0, 'x', 0, 'x', 0);
    assertThat(ints(batch.targets())).containsExactly('x', 0, 'x', 0, 'x');
    assertThat(ints(batch.segments())).containsExactly(0, 0, 1, 1, 2);
  }

  @Test
  void whatCannotBeUsedIsRefused() {
    assertThatThrownBy(() -> stream(InMemory.of(), 0, Packing.PACKED, 5, 0))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("no documents to train on");
    assertThatThrownBy(() -> stream(InMemory.of("a", "b"), NONE, Packing.PACKED, 5, 0))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("nothing to predict");
    assertThatThrownBy(() -> stream(InMemory.of("a"), 256, Packing.PACKED, 5, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[0, 256)");
    TokenBatches stream = stream(InMemory.of("abc"), 0, Packing.PACKED, 5, 0);
    assertThatThrownBy(() -> stream.fill(room(1, 4)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("5 tokens long here, but the batch has 4");
    for (DataPosition wrong :
        List.of(
            new DataPosition(-1, 0, 0, 0),
            new DataPosition(0, 1, 0, 0),
            new DataPosition(0, 0, 4, 0),
            new DataPosition(0, 0, 0, 1))) {
      assertThatThrownBy(() -> stream.seek(wrong))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("the saved data position does not fit this data");
    }
  }
}
