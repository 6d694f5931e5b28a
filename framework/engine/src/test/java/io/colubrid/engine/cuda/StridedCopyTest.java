package io.colubrid.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Copies in wider words move the same bytes. */
final class StridedCopyTest {
  private final Random random = new Random(4);

  @Test
  void widenedCopiesMoveTheSameBytes() {
    int widened = 0;
    for (int trial = 0; trial < 500; trial++) {
      long[] extents = {1 + random.nextInt(3), 1 + random.nextInt(4), 1 + random.nextInt(24)};
      long gap = random.nextInt(3) * 4L;
      long[] from = {extents[1] * (extents[2] + gap), extents[2] + gap, 1};
      long[] to = {extents[1] * extents[2], extents[2], 1};
      if (random.nextInt(4) == 0) {
        from[1] = 0;
      }
      StridedCopy copy = new StridedCopy(extents, from, to, 2);
      long source = 2L * random.nextInt(16);
      StridedCopy wide = copy.widened(source, 0);
      assertThat(moved(wide)).isEqualTo(moved(copy));
      assertThat(source % wide.bytes()).isZero();
      widened += wide.bytes() > 2 ? 1 : 0;
    }
    assertThat(widened).isPositive();
  }

  /** For each byte of the target, the byte of the source that it gets. */
  private static SortedMap<Long, Long> moved(StridedCopy copy) {
    var moved = new TreeMap<Long, Long>();
    for (long i = 0; i < copy.extents()[0]; i++) {
      for (long j = 0; j < copy.extents()[1]; j++) {
        for (long k = 0; k < copy.extents()[2]; k++) {
          long at = i * copy.from()[0] + j * copy.from()[1] + k * copy.from()[2];
          long to = i * copy.to()[0] + j * copy.to()[1] + k * copy.to()[2];
          for (int b = 0; b < copy.bytes(); b++) {
            moved.put(to * copy.bytes() + b, at * copy.bytes() + b);
          }
        }
      }
    }
    return moved;
  }
}
