package io.colubrid.plugins.attention;

import static io.colubrid.plugins.attention.ScaledDotProductCpuTest.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.colubrid.spi.tensor.TensorType;
import io.colubrid.testkit.trial.BodyCall;
import io.colubrid.testkit.trial.OffHeap;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CachedAttentionCpuTest {
  private final SplittableRandom random = new SplittableRandom(11);

  @ParameterizedTest
  @CsvSource({
    // batch, tokens in all, tokens a step, heads, headDim, kvHeads, window (0: none), threads
    "1, 63, 1, 4, 8, 2, 0, 1",
    "2, 100, 1, 6, 17, 3, 0, 3",
    "2, 100, 7, 2, 32, 1, 0, 2",
    "1, 100, 1, 4, 70, 4, 13, 2",
    "1, 257, 100, 4, 8, 2, 30, 2",
    "1, 300, 150, 1, 4, 1, 0, 4",
    "1, 300, 1, 2, 64, 1, 0, 7",
    "3, 65, 65, 2, 3, 2, 0, 2",
  })
  void stepsEqualTheWholeSequence(
      int batch,
      int length,
      int step,
      int heads,
      int headDim,
      int kvHeads,
      int window,
      int threads) {
    var shape = new AttentionShape(batch, length, heads, headDim, length, kvHeads);
    var mask = new AttentionMask(true, window == 0 ? AttentionMask.UNBOUNDED : window);
    float[] q = Normal.floats(random, (long) batch * length * heads * headDim);
    float[] k = Normal.floats(random, (long) batch * length * kvHeads * headDim);
    float[] v = Normal.floats(random, k.length);
    var cache = new Cache(batch, length + 3, kvHeads, headDim);
    float[] out = new float[q.length];
    for (int from = 0; from < length; from += step) {
      int to = Math.min(length, from + step);
      float[] part =
          cache.advance(
              CachedAttention.of(mask, headDim),
              threads,
              rows(q, batch, length, from, to),
              rows(k, batch, length, from, to),
              rows(v, batch, length, from, to),
              heads,
              null);
      putRows(part, out, batch, length, from, to);
      Arrays.fill(cache.lengths, to);
    }
    var naive =
        new NaiveAttention(
            shape, 1 / Math.sqrt(headDim), NaiveAttention.sight(mask, null, length), q, k, v);
    assertClose(out, naive.output());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void paddingIsNotCachedAndSequencesGoAtTheirOwnPace(int threads) {
    var op = CachedAttention.of(AttentionMask.CAUSAL, 4);
    var together = new Cache(2, 9, 1, 4);
    float[] q = Normal.floats(random, 2 * 5 * 2 * 4);
    float[] k = Normal.floats(random, 2 * 5 * 4);
    float[] v = Normal.floats(random, 2 * 5 * 4);
    int[] positions = {-1, -1, 0, 1, 2, 0, 1, 2, 3, -1};
    float[] first = together.advance(op, threads, q, k, v, 2, positions);
    together.lengths = new int[] {3, 4};
    float[] next =
        together.advance(
            op, threads, rows(q, 2, 5, 2, 3), rows(k, 2, 5, 2, 3), rows(v, 2, 5, 2, 3), 2, null);

    for (int row = 0; row < 2; row++) {
      int from = row == 0 ? 2 : 0;
      int to = row == 0 ? 5 : 4;
      var alone = new Cache(1, 9, 1, 4);
      float[] expected =
          alone.advance(
              op,
              threads,
              only(q, row, from, to),
              only(k, row, from, to),
              only(v, row, from, to),
              2,
              null);
      assertThat(only(first, row, from, to)).isEqualTo(expected);
      alone.lengths = new int[] {to - from};
      float[] expectedNext =
          alone.advance(
              op, threads, only(q, row, 2, 3), only(k, row, 2, 3), only(v, row, 2, 3), 2, null);
      assertThat(Arrays.copyOfRange(next, row * 8, row * 8 + 8)).isEqualTo(expectedNext);
    }
    assertThat(only(first, 0, 0, 2)).containsOnly(0);
    assertThat(only(first, 1, 4, 5)).containsOnly(0);
  }

  @Test
  void aFullCacheSaysSo() {
    var cache = new Cache(1, 4, 1, 2);
    cache.lengths = new int[] {3};
    float[] two = Normal.floats(random, 4);
    var op = CachedAttention.of(AttentionMask.CAUSAL, 2);
    assertThatThrownBy(() -> cache.advance(op, 1, two, two, two, 1, null))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("would get token 5")
        .hasMessageContaining("capacity of 4 tokens");
  }

  /** Positions {@code from} to {@code to} of one row of a batch of two rows of five. */
  private static float[] only(float[] values, int row, int from, int to) {
    int width = values.length / 10;
    return Arrays.copyOfRange(values, (row * 5 + from) * width, (row * 5 + to) * width);
  }

  private static float[] rows(float[] values, int batch, int length, int from, int to) {
    int width = values.length / batch / length;
    float[] part = new float[batch * (to - from) * width];
    for (int row = 0; row < batch; row++) {
      System.arraycopy(
          values,
          (row * length + from) * width,
          part,
          row * (to - from) * width,
          (to - from) * width);
    }
    return part;
  }

  private static void putRows(float[] part, float[] all, int batch, int length, int from, int to) {
    int width = all.length / batch / length;
    for (int row = 0; row < batch; row++) {
      System.arraycopy(
          part, row * (to - from) * width, all, (row * length + from) * width, (to - from) * width);
    }
  }

  /** Caches whose unused rows are NaN. */
  private static final class Cache {
    private final TensorType type;
    private final MemorySegment keys;
    private final MemorySegment values;
    private int[] lengths;

    Cache(int batch, int capacity, int kvHeads, int headDim) {
      type = TensorType.f32(batch, capacity, kvHeads, headDim);
      keys = OffHeap.poisoned(type.bytes());
      values = OffHeap.poisoned(type.bytes());
      lengths = new int[batch];
    }

    float[] advance(
        CachedAttention op, int threads, float[] q, float[] k, float[] v, int heads, int[] pos) {
      long batch = type.shape().dim(0);
      long kvHeads = type.shape().dim(2);
      long headDim = type.shape().dim(3);
      long length = q.length / (batch * heads * headDim);
      var query = TensorType.f32(batch, length, heads, headDim);
      var key = TensorType.f32(batch, length, kvHeads, headDim);
      var call =
          new BodyCall(
              op,
              Arrays.asList(
                  query,
                  key,
                  key,
                  type,
                  type,
                  TensorType.i32(batch),
                  pos == null ? null : TensorType.i32(batch, length)),
              Arrays.asList(
                  OffHeap.floats(q),
                  OffHeap.floats(k),
                  OffHeap.floats(v),
                  keys,
                  values,
                  OffHeap.ints(lengths),
                  pos == null ? null : OffHeap.ints(pos)),
              false,
              threads);
      return OffHeap.array(call.forward().output(0));
    }
  }
}
