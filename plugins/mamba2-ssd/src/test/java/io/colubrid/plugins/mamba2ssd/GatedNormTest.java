package io.colubrid.plugins.mamba2ssd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.colubrid.runtime.model.StandaloneLayer;
import io.colubrid.testkit.LayerUnderTest;
import io.colubrid.testkit.trial.LayerTrial;
import io.colubrid.testkit.trial.RandomRows;
import io.colubrid.testkit.trial.Rows;
import io.colubrid.testkit.trial.Setting;
import io.colubrid.testkit.trial.Weights;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the norm runs over, seen from behind a last projection that changes nothing. */
class GatedNormTest {
  private static final int WIDTH = 8;

  @ParameterizedTest
  @CsvSource({"group, 4", "all, 8"})
  void eachPartIsOfSizeOneByItself(String norm, int part) {
    double[] y = output(norm, 1);
    for (int from = 0; from < y.length; from += part) {
      double squares = Arrays.stream(y, from, from + part).map(v -> v * v).sum();
      assertThat(squares / part).isCloseTo(1, within(1e-3));
    }
  }

  @ParameterizedTest
  @CsvSource({"group, true", "all, false"})
  void gatesOfAnotherGroupChangeNothing(String norm, boolean same) {
    double[] before = output(norm, 1);
    double[] after = output(norm, 3);
    for (int from = 0; from < before.length; from += WIDTH) {
      assertThat(Arrays.equals(before, from, from + 4, after, from, from + 4)).isEqualTo(same);
    }
  }

  /** The output where the gates of the second group's channels are so many times as large. */
  private static double[] output(String norm, double gates) {
    String keys =
        "expand = 1, head-dim = 2, d-state = 3, groups = 2, norm-epsilon = 1e-12, norm = " + norm;
    StandaloneLayer layer =
        LayerUnderTest.of(new Mamba2Plugin(), "mamba2", keys).width(WIDTH).build();
    Weights weights = Weights.initial(layer.parameters(), 3);
    String in = path(layer, "in_proj.weight");
    String out = path(layer, "out_proj.weight");
    double[] projection = weights.of(in).clone();
    for (int i = 4 * WIDTH; i < 8 * WIDTH; i++) {
      projection[i] *= gates;
    }
    double[] identity = new double[WIDTH * WIDTH];
    for (int i = 0; i < WIDTH; i++) {
      identity[i * (WIDTH + 1)] = 1;
    }
    weights = weights.with(in, projection).with(out, identity);
    Rows rows = new RandomRows(4).dense(2, 5, WIDTH);
    try (LayerTrial trial = new LayerTrial(layer, weights, Setting.CPU)) {
      return trial.forward(rows).output();
    }
  }

  private static String path(StandaloneLayer layer, String name) {
    return layer.parameters().stream()
        .map(parameter -> parameter.path())
        .filter(path -> path.endsWith(name))
        .findFirst()
        .orElseThrow();
  }
}
