package io.colubrid.plugins.attention;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.engine.tape.Recorder;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScaledDotProductReferenceTest {
  private final SplittableRandom random = new SplittableRandom(3);

  @ParameterizedTest
  @CsvSource({
    // length, heads, headDim, kvHeads, causal, window (0: none), packed
    "1, 2, 3, 1, true, 0, false",
    "9, 4, 5, 2, true, 0, false",
    "9, 4, 5, 2, false, 0, true",
    "12, 2, 4, 2, true, 3, true",
  })
  void definitionAndItsGradientsAreTheEquations(
      int length, int heads, int headDim, int kvHeads, boolean causal, int window, boolean packed) {
    var shape = new AttentionShape(2, length, heads, headDim, length, kvHeads);
    var mask = new AttentionMask(causal, window == 0 ? AttentionMask.UNBOUNDED : window);
    int[] segments = packed ? segments(length) : null;
    float[] q = Normal.floats(random, 2L * length * heads * headDim);
    float[] k = Normal.floats(random, 2L * length * kvHeads * headDim);
    float[] v = Normal.floats(random, k.length);
    float[] weights = Normal.floats(random, q.length);
    var op = new ScaledDotProduct(mask, 0.7);
    var naive =
        new NaiveAttention(shape, 0.7, NaiveAttention.sight(mask, segments, length), q, k, v);
    try (var run = new EngineRun(DType.F64, Recorder.Bodies.REFERENCE, true)) {
      Shape keys = Shape.of(2, length, kvHeads, headDim);
      double[][] found =
          run.runBackward(
              op.apply(
                  run.ops(),
                  run.input(Shape.of(2, length, heads, headDim), q),
                  run.input(keys, k),
                  run.input(keys, v),
                  packed ? run.ints(Shape.of(2, length), segments) : null),
              weights);
      assertExact(found[0], naive.output());
      double[][] gradients = naive.gradients(weights);
      for (int i = 0; i < 3; i++) {
        assertExact(found[i + 1], gradients[i]);
      }
    }
  }

  private static int[] segments(int length) {
    int[] segments = new int[2 * length];
    for (int i = 0; i < length; i++) {
      segments[i] = i < length / 3 ? 0 : 1;
      segments[length + i] = i < 2 ? -1 : 5;
    }
    return segments;
  }

  private static void assertExact(double[] found, double[] expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.length; i++) {
      assertThat(found[i] - expected[i]).isBetween(-1e-12, 1e-12);
    }
  }
}
