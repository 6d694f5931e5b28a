package io.colubrid.runtime.data;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ItemStreamTest {
  /** Items whose input is their index and whose target is the key they were read with. */
  private record Numbers(long size) implements Items {
    @Override
    public long inputBytes() {
      return Long.BYTES;
    }

    @Override
    public long targetBytes() {
      return Long.BYTES;
    }

    @Override
    public int targets() {
      return 1;
    }

    @Override
    public void read(long index, long key, MemorySegment input, MemorySegment target) {
      input.set(JAVA_LONG, 0, index);
      target.set(JAVA_LONG, 0, key);
    }
  }

  private static List<Long> read(ItemStream stream, int rows, int batches) {
    ItemBatch batch = stream.allocate(Arena.ofAuto(), rows);
    List<Long> read = new ArrayList<>();
    for (int i = 0; i < batches; i++) {
      assertThat(stream.fill(batch)).isEqualTo(rows);
      for (int row = 0; row < rows; row++) {
        read.add(batch.input(row).get(JAVA_LONG, 0));
        read.add(batch.targets(row).get(JAVA_LONG, 0));
      }
    }
    return read;
  }

  @Test
  void theStreamDoesNotDependOnTheRowsOfABatch() {
    assertThat(read(new ItemStream(new Numbers(10), 3), 4, 9))
        .isEqualTo(read(new ItemStream(new Numbers(10), 3), 1, 36));
    assertThat(read(new ItemStream(new Numbers(10), 4), 1, 36))
        .isNotEqualTo(read(new ItemStream(new Numbers(10), 3), 1, 36));
  }

  @Test
  void everyItemComesOnceAnEpochInAnOrderAndWithKeysOfItsOwn() {
    List<Long> read = read(new ItemStream(new Numbers(30), 3), 1, 60);
    List<Long> first = new ArrayList<>();
    List<Long> second = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      first.add(read.get(2 * i));
      second.add(read.get(60 + 2 * i));
    }
    assertThat(first).doesNotHaveDuplicates().hasSameElementsAs(second).isNotEqualTo(second);
    assertThat(read.stream().distinct().count()).isEqualTo(30 + 60);
  }

  @Test
  void aPositionIsAllItTakesToGoOn() {
    Numbers items = new Numbers(7);
    ItemStream whole = new ItemStream(items, 5);
    for (int batch = 0; batch < 8; batch++) {
      DataPosition position = whole.position();
      List<Long> expected = read(whole, 3, 1);
      ItemStream resumed = new ItemStream(items, 5);
      resumed.seek(position);
      assertThat(read(resumed, 3, 1)).isEqualTo(expected);
    }
  }

  @Test
  void positionsOfOtherDataAndNoDataAreTold() {
    ItemStream stream = new ItemStream(new Numbers(7), 5);
    assertThatThrownBy(() -> stream.seek(new DataPosition(0, 7, 0, 0)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("item 7 is not in [0, 7)");
    assertThatThrownBy(() -> new ItemStream(new Numbers(0), 5))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("nothing is left to train on");
  }
}
