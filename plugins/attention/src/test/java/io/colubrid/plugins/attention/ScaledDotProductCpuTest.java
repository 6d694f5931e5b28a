package io.colubrid.plugins.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.TensorType;
import io.colubrid.testkit.trial.BodyCall;
import io.colubrid.testkit.trial.OffHeap;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScaledDotProductCpuTest {
  private final SplittableRandom random = new SplittableRandom(7);

  @ParameterizedTest
  @CsvSource({
    // batch, length, heads, headDim, kvHeads, causal, window (0: none)
    "1, 1, 1, 1, 1, true, 0",
    "2, 1, 4, 16, 2, true, 0",
    "2, 63, 4, 8, 2, true, 0",
    "1, 63, 3, 5, 3, false, 0",
    "1, 100, 6, 17, 2, true, 0",
    "2, 100, 2, 32, 1, true, 10",
    "1, 257, 2, 8, 1, true, 0",
    "1, 257, 2, 8, 2, true, 70",
    "1, 257, 2, 8, 2, false, 0",
    "1, 257, 1, 3, 1, true, 1",
    "1, 300, 2, 64, 1, true, 0",
    "1, 300, 1, 96, 1, true, 200",
    "1, 520, 1, 2, 1, false, 0",
  })
  void agreesWithTheEquations(
      int batch, int length, int heads, int headDim, int kvHeads, boolean causal, int window) {
    var shape = new AttentionShape(batch, length, heads, headDim, length, kvHeads);
    var mask = new AttentionMask(causal, window == 0 ? AttentionMask.UNBOUNDED : window);
    for (int threads : new int[] {1, 3}) {
      check(shape, mask, null, threads);
    }
  }

  @ParameterizedTest
  @CsvSource({"true, 0", "true, 5", "false, 0"})
  void documentsAndPaddingDoNotMix(boolean causal, int window) {
    var shape = new AttentionShape(3, 130, 2, 8, 130, 1);
    var mask = new AttentionMask(causal, window == 0 ? AttentionMask.UNBOUNDED : window);
    int[] segments = new int[3 * 130];
    for (int i = 0; i < 130; i++) {
      segments[i] = i < 3 ? 4 : i < 70 ? 1 : i < 129 ? 2 : 3;
      segments[130 + i] = i < 67 ? -1 : 0;
      segments[260 + i] = i < 40 ? 0 : i < 90 ? 1 : -1;
    }
    check(shape, mask, segments, 2);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 0})
  void aScaleNeedNotBePositive(double scale) {
    var shape = new AttentionShape(1, 130, 2, 8, 130, 1);
    check(shape, AttentionMask.CAUSAL, null, 2, scale);
  }

  private void check(AttentionShape shape, AttentionMask mask, int[] segments, int threads) {
    check(shape, mask, segments, threads, 0.9 / Math.sqrt((double) shape.headDim()));
  }

  private void check(
      AttentionShape shape, AttentionMask mask, int[] segments, int threads, double scale) {
    long keys = shape.batch() * shape.keys() * shape.keyStride();
    float[] q = Normal.floats(random, shape.batch() * shape.length() * shape.queryStride());
    float[] k = Normal.floats(random, keys);
    float[] v = Normal.floats(random, keys);
    float[] gradient = Normal.floats(random, q.length);
    var naive =
        new NaiveAttention(
            shape, scale, NaiveAttention.sight(mask, segments, (int) shape.length()), q, k, v);
    var query = TensorType.f32(shape.batch(), shape.length(), shape.heads(), shape.headDim());
    var key = TensorType.f32(shape.batch(), shape.keys(), shape.kvHeads(), shape.headDim());
    var ids = segments == null ? null : TensorType.i32(shape.batch(), shape.length());
    var call =
        new BodyCall(
            new ScaledDotProduct(mask, scale),
            Arrays.asList(query, key, key, ids),
            Arrays.asList(
                OffHeap.floats(q),
                OffHeap.floats(k),
                OffHeap.floats(v),
                segments == null ? null : OffHeap.ints(segments)),
            true,
            threads);

    call.forward().backward(OffHeap.floats(gradient));

    assertClose(OffHeap.array(call.output(0)), naive.output());
    double[][] expected = naive.gradients(gradient);
    for (int i = 0; i < 3; i++) {
      assertClose(OffHeap.array(call.inputGradient(i)), expected[i]);
    }
  }

  static void assertClose(float[] actual, double[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    double error = 0;
    double norm = 0;
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).isFinite();
      error += Math.pow(actual[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    assertThat(Math.sqrt(error))
        .isLessThanOrEqualTo(1e-6 * Math.sqrt(norm) + 1e-7 * Math.sqrt(actual.length));
  }

  @Test
  void largeScoresDoNotOverflow() {
    var shape = new AttentionShape(1, 70, 1, 4, 70, 1);
    float[] q = Normal.floats(random, 280);
    for (int i = 0; i < q.length; i++) {
      q[i] *= 200;
    }
    var naive =
        new NaiveAttention(shape, 1, NaiveAttention.sight(AttentionMask.CAUSAL, null, 70), q, q, q);
    var type = TensorType.f32(1, 70, 1, 4);
    var call =
        new BodyCall(
                new ScaledDotProduct(AttentionMask.CAUSAL, 1),
                Arrays.asList(type, type, type, null),
                Arrays.asList(OffHeap.floats(q), OffHeap.floats(q), OffHeap.floats(q), null),
                true,
                1)
            .forward();
    assertClose(OffHeap.array(call.output(0)), naive.output());
  }

  @Test
  void keyHeadsMustDivideHeads() {
    var op = ScaledDotProduct.of(AttentionMask.CAUSAL, 4);
    var q = TensorType.f32(1, 5, 6, 4);
    var k = TensorType.f32(1, 5, 4, 4);
    assertThatThrownBy(() -> op.outputs(Arrays.asList(q, k, k, null)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("kvHeads dividing heads")
        .hasMessageContaining("f32[1, 5, 6, 4]");
  }

  @Test
  void flopsCountThePairsThatAreSeen() {
    var type = TensorType.f32(1, 4, 1, 8);
    var inputs = Arrays.asList(type, type, type, null);
    assertThat(ScaledDotProduct.of(AttentionMask.FULL, 8).flops(inputs)).isEqualTo(16 * 2 * 2 * 8);
    assertThat(ScaledDotProduct.of(AttentionMask.CAUSAL, 8).flops(inputs))
        .isEqualTo(10 * 2 * 2 * 8);
    assertThat(ScaledDotProduct.of(AttentionMask.sliding(2), 8).flops(inputs))
        .isEqualTo(7 * 2 * 2 * 8);
  }
}
