package io.colubrid.runtime.data;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SplitTest {
  private static List<String> texts(Documents documents) {
    return LongStream.range(0, documents.size())
        .mapToObj(i -> new String(documents.get(i).toArray(JAVA_BYTE), UTF_8))
        .toList();
  }

  private static InMemory numbered(int count) {
    return InMemory.of(
        IntStream.range(0, count).mapToObj(i -> "text number " + i).toArray(String[]::new));
  }

  @Test
  void everyDocumentIsOnOneSide() {
    for (double fraction : new double[] {0.01, 0.05, 0.5, 0.99}) {
      for (int count : new int[] {2, 3, 10, 500}) {
        InMemory all = numbered(count);
        Split split = Split.of(all, fraction, 3);
        List<String> both = new ArrayList<>(texts(split.train()));
        both.addAll(texts(split.heldOut()));
        assertThat(both).containsExactlyInAnyOrderElementsOf(texts(all));
        assertThat(split.train().size()).isPositive();
        assertThat(split.heldOut().size()).isPositive();
      }
    }
  }

  @Test
  void sidesKeepOrderAndLengths() {
    Split split = Split.of(numbered(300), 0.3, 0);
    for (Documents side : List.of(split.train(), split.heldOut())) {
      List<Integer> numbers =
          texts(side).stream().map(text -> Integer.valueOf(text.substring(12))).toList();
      assertThat(numbers).isSorted();
      assertThat(side.length(side.size() - 1)).isEqualTo(side.get(side.size() - 1).byteSize());
      assertThatThrownBy(() -> side.get(side.size())).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void theFractionIsMet() {
    assertThat(Split.of(numbered(4000), 0.05, 1).heldOut().size()).isBetween(150L, 250L);
    assertThat(Split.of(numbered(4000), 0, 1).heldOut().size()).isZero();
  }

  @Test
  void seedsDecideAndNothingElseDoes() {
    Set<String> first = new HashSet<>(texts(Split.of(numbered(400), 0.1, 1).heldOut()));
    assertThat(texts(Split.of(numbered(400), 0.1, 1).heldOut())).hasSameElementsAs(first);
    assertThat(new HashSet<>(texts(Split.of(numbered(400), 0.1, 2).heldOut()))).isNotEqualTo(first);
    assertThat(texts(Split.of(numbered(800), 0.1, 1).heldOut())).containsAll(first);
    List<byte[]> turned = new ArrayList<>(numbered(400).texts());
    Collections.reverse(turned);
    assertThat(texts(Split.of(new InMemory(turned), 0.1, 1).heldOut())).hasSameElementsAs(first);
  }

  @Test
  void equalDocumentsAreOnOneSide() {
    String[] texts = new String[600];
    Arrays.setAll(texts, i -> "text " + i % 200);
    Split split = Split.of(InMemory.of(texts), 0.2, 5);
    assertThat(texts(split.train())).doesNotContainAnyElementsOf(texts(split.heldOut()));
  }

  @Test
  void oneDocumentCannotBeSplit() {
    assertThatThrownBy(() -> Split.of(numbered(1), 0.05, 0))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("the data is 1 document", "held-out = 0");
    assertThat(Split.of(numbered(1), 0, 0).train().size()).isEqualTo(1);
    assertThatThrownBy(() -> Split.of(numbered(3), 1, 0)).hasMessageContaining("not 1.0");
    assertThatThrownBy(() -> Split.of(numbered(3), Double.NaN, 0)).hasMessageContaining("NaN");
  }
}
