package io.colubrid.plugins.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.colubrid.runtime.config.ConfigProblemsException;
import io.colubrid.testkit.trial.RandomRows;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Images become patches, with a token and positions among them. */
final class PatchEmbeddingTest {
  private static final int HEIGHT = 7;
  private static final int IMAGE_WIDTH = 9;
  private static final int CHANNELS = 2;
  private static final int PATCH = 3;
  private static final int STRIDE = 2;
  private static final int ROWS = 3;
  private static final int COLUMNS = 4;
  private static final int WIDTH = 6;
  private static final double[] IMAGE = new RandomRows(3).normal(HEIGHT * IMAGE_WIDTH * CHANNELS);

  private static String model(String stem) {
    return """
        d-model = 6
        stem {
          type = patch-embedding, image { height = 7, width = 9, channels = 2 }
          patch = 3, stride = 2
          %s
        }
        layers = [ { channel { type = mlp } } ]
        head { type = classifier-head, classes = 4 }
        """
        .formatted(stem);
  }

  /** Element d of the product of a patch. */
  private static double patch(ModelRun run, int row, int column, int d) {
    double sum = run.weight("stem.proj.bias")[d];
    int pixels = PATCH * PATCH * CHANNELS;
    for (int k = 0; k < pixels; k++) {
      int y = row * STRIDE + k / (PATCH * CHANNELS);
      int x = column * STRIDE + k / CHANNELS % PATCH;
      double pixel = IMAGE[(y * IMAGE_WIDTH + x) * CHANNELS + k % CHANNELS];
      sum += run.weight("stem.proj.weight")[d * pixels + k] * pixel;
    }
    return sum;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void patchesAreAConvolution(boolean exact) {
    ModelRun run = ModelRun.of(model("class-token = none, positions = false"));

    double[] stream = run.run(exact, IMAGE, 0).embedding();

    assertThat(stream).hasSize(ROWS * COLUMNS * WIDTH);
    for (int i = 0; i < stream.length; i++) {
      int at = i / WIDTH;
      double expected = patch(run, at / COLUMNS, at % COLUMNS, i % WIDTH);
      assertThat(stream[i]).isCloseTo(expected, within(1e-5));
    }
  }

  @ParameterizedTest
  @CsvSource({"first, 0", "middle, 6", "last, 12"})
  void theClassTokenStandsInItsPlaceAndHasAPosition(String place, int index) {
    ModelRun run = ModelRun.of(model("class-token = " + place));
    ModelRun bare = ModelRun.of(model("class-token = none, positions = false"));

    double[] stream = run.run(true, IMAGE, 0).embedding();
    double[] patches = bare.run(true, IMAGE, 0).embedding();

    double[] positions = run.weight("stem.pos_embed");
    for (int i = 0; i < stream.length; i++) {
      int at = i / WIDTH;
      int before = at > index ? i - WIDTH : i;
      double content = at == index ? run.weight("stem.cls_token")[i % WIDTH] : patches[before];
      assertThat(stream[i]).isCloseTo(content + positions[i], within(1e-12));
    }
  }

  @Test
  void positionsOfAnotherGridAreInterpolatedAndTheTokenKeepsItsOwn() {
    ModelRun run =
        ModelRun.of(model("class-token = middle, position-grid { height = 2, width = 3 }"));
    ModelRun without = ModelRun.of(model("class-token = middle, positions = false"));

    double[] stream = run.run(true, IMAGE, 0).embedding();
    double[] content = without.run(true, IMAGE, 0).embedding();

    double[] table = run.weight("stem.pos_embed");
    double[] matrix =
        Interpolation.BICUBIC.matrix(new GridConfig(2, 3), new GridConfig(ROWS, COLUMNS));
    assertThat(table).hasSize(7 * WIDTH);
    for (int i = 0; i < stream.length; i++) {
      int at = i / WIDTH;
      int d = i % WIDTH;
      double position = at == 6 ? table[3 * WIDTH + d] : 0;
      for (int old = 0; old < 6 && at != 6; old++) {
        int row = old < 3 ? old : old + 1;
        position += matrix[(at > 6 ? at - 1 : at) * 6 + old] * table[row * WIDTH + d];
      }
      assertThat(stream[i]).isCloseTo(content[i] + position, within(1e-12));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          patch = 8                                  | stem.patch: a patch of 8 pixels does not fit into an image of 7 by 9
          class-token = first, grid = true           | stem.class-token: a grid has no place for a class token; set class-token = none
          positions = false, position-grid { height = 2, width = 2 } | stem.position-grid: there are no positions to bring to another grid
          """)
  void whatDoesNotFitIsRefused(String keys, String message) {
    assertThatThrownBy(() -> ModelRun.build(model(keys)))
        .isInstanceOf(ConfigProblemsException.class)
        .hasMessageContaining(message);
  }
}
