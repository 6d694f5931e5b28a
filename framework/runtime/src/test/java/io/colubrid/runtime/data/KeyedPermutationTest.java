package io.colubrid.runtime.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class KeyedPermutationTest {
  @Test
  void everyNumberComesOnce() {
    for (int size = 1; size < 300; size++) {
      KeyedPermutation order = new KeyedPermutation(size, size * 31L);
      assertThat(LongStream.range(0, size).map(order::at).sorted().toArray())
          .isEqualTo(LongStream.range(0, size).toArray());
    }
  }

  @Test
  void sizesBeyondIntStayInside() {
    long size = (1L << 40) + 12345;
    KeyedPermutation order = new KeyedPermutation(size, 7);
    long[] images = LongStream.range(0, 1000).map(order::at).toArray();
    assertThat(images).doesNotHaveDuplicates();
    assertThat(LongStream.of(images).allMatch(image -> image >= 0 && image < size)).isTrue();
    assertThat(LongStream.of(images).filter(image -> image > size / 2).count())
        .isBetween(400L, 600L);
  }

  @Test
  void everyPlaceIsReachedEquallyOftenOverKeys() {
    int[] counts = new int[10];
    for (long key = 0; key < 10_000; key++) {
      counts[(int) new KeyedPermutation(10, key).at(3)]++;
    }
    assertThat(IntStream.of(counts)).allMatch(count -> count > 850 && count < 1150);
  }
}
