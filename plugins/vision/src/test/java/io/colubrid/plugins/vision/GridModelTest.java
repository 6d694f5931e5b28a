package io.colubrid.plugins.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.colubrid.runtime.config.ConfigProblemsException;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.testkit.trial.RandomRows;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models of grids, from images with odd extents to classes. */
final class GridModelTest {
  private static final String MODEL =
      """
      d-model = 8
      stem { type = conv-stem, image { height = 13, width = 10, channels = 1 } }
      norm.type = layer
      layers = [
        { mixer = ss2d, channel = mlp }
        { bare { type = downsample, width = 20 } }
        { mixer { type = ss2d, d-state = 2 } }
      ]
      head { type = classifier-head, classes = 5, norm = layer, label-smoothing = 0.1 }
      """;
  private static final double[] IMAGES = new RandomRows(3).normal(2 * 13 * 10);

  @Test
  void extentsAreHalvedAndRoundedUp() {
    ModelRun.Result result = ModelRun.of(MODEL).run(false, IMAGES, 1, 4);

    assertThat(result.embedding()).hasSize(2 * 4 * 3 * 8);
    assertThat(result.hiddenShape()).isEqualTo(Shape.of(2, 2, 2, 20));
    assertThat(result.logits()).hasSize(2 * 5);
  }

  @Test
  void bodiesGiveWhatDefinitionsGive() {
    ModelRun run = ModelRun.of(MODEL);

    ModelRun.Result fast = run.run(false, IMAGES, 1, 4);
    ModelRun.Result exact = run.run(true, IMAGES, 1, 4);

    assertThat(error(fast.hidden(), exact.hidden())).isLessThan(1e-5);
    assertThat(fast.loss()).isCloseTo(exact.loss(), within(1e-5));
    exact
        .gradients()
        .forEach(
            (path, gradient) ->
                assertThat(error(fast.gradients().get(path), gradient)).as(path).isLessThan(1e-4));
  }

  @Test
  void anImageWithoutAClassLosesNothing() {
    ModelRun run = ModelRun.of(MODEL);
    double[] first = new double[13 * 10];
    System.arraycopy(IMAGES, 0, first, 0, first.length);

    double alone = run.run(true, first, 1).loss();
    double beside = run.run(true, IMAGES, 1, -1).loss();

    assertThat(beside).isCloseTo(alone, within(1e-12));
  }

  @Test
  void theLossIsSmoothedCrossEntropy() {
    ModelRun.Result result = ModelRun.of(MODEL).run(true, IMAGES, 1, 4);

    double expected = 0;
    for (int image = 0; image < 2; image++) {
      double sum = 0;
      for (int k = 0; k < 5; k++) {
        sum += Math.exp(result.logits()[image * 5 + k]);
      }
      for (int k = 0; k < 5; k++) {
        double share = 0.1 / 5 + (k == (image == 0 ? 1 : 4) ? 0.9 : 0);
        expected += share * (Math.log(sum) - result.logits()[image * 5 + k]) / 2;
      }
    }
    assertThat(result.loss()).isCloseTo(expected, within(1e-12));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          mixer = ss2d, channel | mixer = vim, channel | layers[0].mixer: 'vim' takes a sequence of positions, but a grid of 4 by 3 with 8 features reaches it
          bare { type           | mixer { type         | layers[1].mixer: makes a grid of 2 by 2 with 20 features of a grid of 4 by 3 with 8 features
          norm = layer,         | pool = middle,       | head.pool: a grid has no class token; set pool = mean
          type = conv-stem      | type = patch-embedding, patch = 2, class-token = none | 'ss2d' takes a grid of positions, but a sequence with 8 features reaches it
          d-model = 8           | d-model = 7          | conv-stem makes half of d-model first, but d-model is 7
          """)
  void whatDoesNotFitIsRefused(String from, String to, String message) {
    assertThat(MODEL).contains(from);
    assertThatThrownBy(() -> ModelRun.build(MODEL.replace(from, to)))
        .isInstanceOf(ConfigProblemsException.class)
        .hasMessageContaining(message);
  }

  private static double error(double[] found, double[] expected) {
    double square = 0;
    double scale = 0;
    for (int i = 0; i < expected.length; i++) {
      square += (found[i] - expected[i]) * (found[i] - expected[i]);
      scale += expected[i] * expected[i];
    }
    return Math.sqrt(square / scale);
  }
}
