package io.colubrid.runtime.data;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BoundaryTest {
  private static List<String> cut(Boundary boundary, String text) {
    byte[] bytes = text.getBytes(UTF_8);
    List<String> documents = new ArrayList<>();
    boundary.scan(
        MemorySegment.ofArray(bytes),
        (from, to) -> documents.add(new String(bytes, (int) from, (int) (to - from), UTF_8)));
    return documents;
  }

  @Test
  void linesLoseTheirEndsAndEmptyOnesAreSkipped() {
    assertThat(cut(Boundary.line(), "one\n\ntwo\r\n\r\n three "))
        .containsExactly("one", "two", " three ");
    assertThat(cut(Boundary.line(), "\n\r\n\n")).isEmpty();
    assertThat(cut(Boundary.line(), "")).isEmpty();
  }

  @Test
  void paragraphsEndAtBlankLines() {
    assertThat(cut(Boundary.paragraph(), "a\nb\n\nc\r\n \t\r\n\n\nd\n"))
        .containsExactly("a\nb", "c", "d");
    assertThat(cut(Boundary.paragraph(), "\n\n  \n")).isEmpty();
    assertThat(cut(Boundary.paragraph(), "no end")).containsExactly("no end");
  }

  @Test
  void separatorsBelongToNoDocument() {
    assertThat(cut(Boundary.separator("<|end|>".getBytes(UTF_8)), "<|end|>a<b<|end|><|end|>c<|en"))
        .containsExactly("a<b", "c<|en");
    assertThat(cut(Boundary.separator("aa".getBytes(UTF_8)), "baaac")).containsExactly("b", "ac");
  }

  @Test
  void aFileIsOneDocumentUnlessItIsEmpty() {
    assertThat(cut(Boundary.file(), "a\n\nb\n")).containsExactly("a\n\nb\n");
    assertThat(cut(Boundary.file(), "")).isEmpty();
  }

  @Test
  void searchFindsWhatALoopFinds() {
    SplittableRandom random = new SplittableRandom(1);
    for (int size = 0; size < 70; size++) {
      byte[] text = new byte[size];
      for (int i = 0; i < size; i++) {
        text[i] = (byte) (random.nextInt(4) * 85 + random.nextInt(2));
      }
      MemorySegment segment = MemorySegment.ofArray(text);
      for (int wanted : new int[] {0, 1, 85, 170, 255, 7}) {
        for (int from = 0; from <= size; from++) {
          int expected = from;
          while (expected < size && segment.get(JAVA_BYTE, expected) != (byte) wanted) {
            expected++;
          }
          assertThat(ByteSearch.indexOf(segment, (byte) wanted, from))
              .as("%d from %d in %s", wanted, from, Arrays.toString(text))
              .isEqualTo(expected);
        }
      }
    }
  }
}
