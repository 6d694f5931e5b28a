package io.colubrid.plugins.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import io.colubrid.spi.layer.InvalidLayerException;
import io.colubrid.spi.layer.LayerTraits;
import io.colubrid.spi.layer.StateSpec;
import io.colubrid.spi.tensor.Shape;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AttentionLayerTest {
  private static final int WIDTH = 12;

  private final SplittableRandom random = new SplittableRandom(23);

  @ParameterizedTest
  @CsvSource({"1, 0", "1, 4", "5, 0", "5, 3"})
  void stepsEqualTheWholeSequence(int step, int window) {
    var layer = new LayerRun(WIDTH, config(3, 1, window, true));
    float[] x = Normal.floats(random, 17 * WIDTH);
    double[] whole = layer.whole(1, x, null, null);
    for (int from = 0; from < 17; from += step) {
      int to = Math.min(17, from + step);
      double[] part = layer.next(Arrays.copyOfRange(x, from * WIDTH, to * WIDTH), 20);
      assertThat(part)
          .containsExactly(Arrays.copyOfRange(whole, from * WIDTH, to * WIDTH), offset(2e-6));
    }
  }

  @Test
  void packedDocumentsEqualSeparateOnes() {
    var layer = new LayerRun(WIDTH, config(3, 3, 0, true));
    float[] x = Normal.floats(random, 10 * WIDTH);
    int[] segments = {7, 7, 7, 2, 2, 2, 2, 2, -1, -1};
    int[] positions = {0, 1, 2, 0, 1, 2, 3, 4, -1, -1};
    double[] packed = layer.whole(1, x, segments, positions);
    int[] bounds = {0, 3, 8};
    for (int i = 0; i < 2; i++) {
      float[] alone = Arrays.copyOfRange(x, bounds[i] * WIDTH, bounds[i + 1] * WIDTH);
      assertThat(Arrays.copyOfRange(packed, bounds[i] * WIDTH, bounds[i + 1] * WIDTH))
          .containsExactly(layer.whole(1, alone, null, null), offset(2e-6));
    }
  }

  @Test
  void laterPositionsAreInvisibleOnlyToCausalAttention() {
    float[] x = Normal.floats(random, 6 * WIDTH);
    float[] changed = x.clone();
    changed[5 * WIDTH] += 1;
    for (boolean causal : new boolean[] {true, false}) {
      var layer = new LayerRun(WIDTH, config(2, 2, 0, causal));
      double[] before = Arrays.copyOf(layer.whole(1, x, null, null), 5 * WIDTH);
      double[] after = Arrays.copyOf(layer.whole(1, changed, null, null), 5 * WIDTH);
      assertThat(Arrays.equals(before, after)).isEqualTo(causal);
    }
  }

  @Test
  void parametersAreThoseOfLlama() {
    var layer = new LayerRun(WIDTH, config(3, 1, 0, true));
    assertThat(layer.parameters().keySet())
        .containsExactly(
            "layer.q_proj.weight",
            "layer.q_proj.bias",
            "layer.k_proj.weight",
            "layer.k_proj.bias",
            "layer.v_proj.weight",
            "layer.v_proj.bias",
            "layer.o_proj.weight",
            "layer.q_norm.weight",
            "layer.k_norm.weight");
    assertThat(layer.parameters().get("layer.k_proj.weight").shape()).isEqualTo(Shape.of(4, WIDTH));
  }

  @Test
  void carriesARowOfKeysAndOneOfValuesAToken() {
    assertThat(new LayerRun(WIDTH, config(3, 1, 0, true)).layer().traits().states())
        .containsExactly(StateSpec.growing("k", 1, 4), StateSpec.growing("v", 1, 4));
    assertThat(new LayerRun(WIDTH, config(2, 2, 0, false)).layer().traits())
        .isEqualTo(LayerTraits.nonCausal());
  }

  @Test
  void headsMustDivideTheWidth() {
    assertThatThrownBy(() -> new LayerRun(100, config(8, 8, 0, true)))
        .isInstanceOfSatisfying(
            InvalidLayerException.class, e -> assertThat(e.key()).isEqualTo("heads"))
        .hasMessage("d-model 100 is not divisible by heads 8; change one of them, or set head-dim");
  }

  @Test
  void rotaryPositionsNeedAnEvenHead() {
    assertThatThrownBy(() -> new LayerRun(WIDTH, config(4, 4, 0, true)))
        .isInstanceOf(InvalidLayerException.class)
        .hasMessage(
            "rotary positions turn pairs of features, but a head has 3; make that even, or set"
                + " positions = none");
  }

  @Test
  void keyHeadsMustDivideHeads() {
    assertThatThrownBy(() -> config(6, 4, 0, true))
        .isInstanceOfSatisfying(
            InvalidLayerException.class, e -> assertThat(e.key()).isEqualTo("kv-heads"))
        .hasMessageStartingWith("heads 6 is not divisible by kv-heads 4");
  }

  @Test
  void aWindowNeedsCausality() {
    assertThatThrownBy(() -> config(2, 2, 5, false))
        .isInstanceOfSatisfying(
            InvalidLayerException.class, e -> assertThat(e.key()).isEqualTo("window"));
  }

  private static AttentionConfig config(long heads, long kvHeads, int window, boolean causal) {
    return new AttentionConfig(
        heads,
        OptionalLong.of(kvHeads),
        OptionalLong.empty(),
        causal,
        window == 0 ? OptionalLong.empty() : OptionalLong.of(window),
        AttentionConfig.Positions.ROTARY,
        new RotaryConfig(10000, RotaryConfig.Scaling.NONE, 1, 1, 4, 8192),
        true,
        1e-6,
        true,
        false,
        0);
  }
}
