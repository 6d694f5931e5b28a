package io.colubrid.plugins.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import io.colubrid.engine.tape.Recorder.Bodies;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CachedAttentionReferenceTest {
  private static final int BATCH = 3;
  private static final int CAPACITY = 20;

  @ParameterizedTest
  @CsvSource({"1, 0, false", "1, 4, true", "6, 0, false", "6, 0, true", "6, 5, true"})
  void bodyAndDefinitionAgree(int length, int window, boolean padded) {
    double[][] expected = run(Bodies.REFERENCE, length, window, padded);
    double[][] found = run(Bodies.FAST, length, window, padded);
    for (int i = 0; i < 3; i++) {
      assertThat(found[i]).containsExactly(expected[i], offset(2e-6));
    }
  }

  private static double[][] run(Bodies bodies, int length, int window, boolean padded) {
    var random = new SplittableRandom(17);
    var mask = new AttentionMask(true, window == 0 ? AttentionMask.UNBOUNDED : window);
    Shape cache = Shape.of(BATCH, CAPACITY, 2, 5);
    Shape keys = Shape.of(BATCH, length, 2, 5);
    Shape queries = Shape.of(BATCH, length, 6, 5);
    try (var run = new EngineRun(DType.F32, bodies, false)) {
      CachedAttention.Result result =
          CachedAttention.of(mask, 5)
              .apply(
                  run.ops(),
                  run.input(queries, Normal.floats(random, queries.elements())),
                  run.input(keys, Normal.floats(random, keys.elements())),
                  run.input(keys, Normal.floats(random, keys.elements())),
                  run.input(cache, Normal.floats(random, cache.elements())),
                  run.input(cache, Normal.floats(random, cache.elements())),
                  run.ints(Shape.of(BATCH), 0, 7, 14),
                  padded ? run.ints(Shape.of(BATCH, length), positions(length)) : null);
      return run.run(result.out(), result.keyCache(), result.valueCache());
    }
  }

  /** No, one and two places of padding before the tokens of a row. */
  private static int[] positions(int length) {
    int[] positions = new int[BATCH * length];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = Math.max(-1, i % length - i / length);
    }
    return positions;
  }
}
