package io.colubrid.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PermuteTest {

  private static final WorkerPool POOL = new WorkerPool(3);

  @AfterAll
  static void close() {
    POOL.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 8})
  void permutedElementsAreWhereTheirAxesSay(int bytes) {
    long[][] shapes = {
      {5},
      {3, 4},
      {1, 7},
      {33, 50},
      {2, 3, 5},
      {4, 1, 6},
      {3, 17, 40},
      {2, 3, 4, 5},
      {2, 19, 3, 33},
      {2, 3, 2, 3, 2},
      {0, 3},
      {70, 130}
    };
    var random = new Random(bytes);
    for (long[] shape : shapes) {
      for (int trial = 0; trial < 6; trial++) {
        checkPermutation(bytes, shape, shuffledAxes(shape.length, random));
      }
    }
  }

  private static int[] shuffledAxes(int rank, Random random) {
    var axes = new int[rank];
    for (int i = 0; i < rank; i++) {
      int j = random.nextInt(i + 1);
      axes[i] = axes[j];
      axes[j] = i;
    }
    return axes;
  }

  private static void checkPermutation(int bytes, long[] shape, int[] axes) {
    int count = 1;
    for (long length : shape) {
      count *= (int) length;
    }
    MemorySegment from = Arena.global().allocate(Math.max(1, (long) count * bytes), 8);
    MemorySegment to = Arena.global().allocate(Math.max(1, (long) count * bytes), 8);
    new Random(count).ints(from.byteSize(), 0, 256).forEach(new ByteSink(from)::add);
    new Permute(POOL, bytes, shape, axes).run(from.address(), to.address());
    for (int i = 0; i < count; i++) {
      long rest = i;
      var index = new long[shape.length];
      for (int j = axes.length - 1; j >= 0; j--) {
        index[axes[j]] = rest % shape[axes[j]];
        rest /= shape[axes[j]];
      }
      long source = 0;
      for (int j = 0; j < shape.length; j++) {
        source = source * shape[j] + index[j];
      }
      assertThat(to.asSlice((long) i * bytes, bytes).mismatch(from.asSlice(source * bytes, bytes)))
          .as("element %d of %s by %s", i, shape, axes)
          .isEqualTo(-1);
    }
  }

  private static final class ByteSink {
    private final MemorySegment segment;
    private long at;

    ByteSink(MemorySegment segment) {
      this.segment = segment;
    }

    void add(int value) {
      segment.set(ValueLayout.JAVA_BYTE, at++, (byte) value);
    }
  }

  @Test
  void permutationsOnly() {
    for (int[] axes : new int[][] {{0}, {0, 0}, {0, 2}, {-1, 0}}) {
      assertThatThrownBy(() -> new Permute(POOL, 4, new long[] {2, 3}, axes))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no permutation");
    }
  }
}
