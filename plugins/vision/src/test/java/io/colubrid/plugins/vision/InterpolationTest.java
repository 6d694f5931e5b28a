package io.colubrid.plugins.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Positions keep their meaning when they are brought to another grid. */
final class InterpolationTest {
  @ParameterizedTest
  @EnumSource
  void theSameGridStaysAsItIs(Interpolation interpolation) {
    double[][] weights = interpolation.axis(7, 7);

    for (int i = 0; i < 7; i++) {
      double[] expected = new double[7];
      expected[i] = 1;
      assertThat(weights[i]).containsExactly(expected);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aConstantStaysConstant(Interpolation interpolation) {
    double[] matrix = interpolation.matrix(new GridConfig(3, 5), new GridConfig(7, 2));

    for (int i = 0; i < 14; i++) {
      double sum = Arrays.stream(matrix, i * 15, (i + 1) * 15).sum();
      assertThat(sum).isCloseTo(1, within(1e-12));
    }
  }

  /** Cubic convolution does so for a = −1/2 alone. */
  @Test
  void bilinearKeepsASlopeAwayFromTheBorder() {
    double[][] weights = Interpolation.BILINEAR.axis(14, 24);

    for (int i = 4; i < 20; i++) {
      double at = 0;
      for (int k = 0; k < 14; k++) {
        at += weights[i][k] * k;
      }
      assertThat(at).isCloseTo((i + 0.5) * 14 / 24 - 0.5, within(1e-12));
    }
  }

  /** Those of cubic convolution at a quarter between samples, with a = −3/4. */
  @Test
  void bicubicTakesFourNeighbours() {
    double[] weights = Interpolation.BICUBIC.axis(6, 12)[5];

    assertThat(weights).containsExactly(0, -0.10546875, 0.87890625, 0.26171875, -0.03515625, 0);
  }

  @Test
  void bilinearTakesTwoAndRepeatsTheBorder() {
    assertThat(Interpolation.BILINEAR.axis(3, 6)[0]).containsExactly(1, 0, 0);
    assertThat(Interpolation.BILINEAR.axis(3, 6)[1]).containsExactly(0.75, 0.25, 0);
  }

  @Test
  void rowsAndColumnsAreApart() {
    double[] matrix = Interpolation.BILINEAR.matrix(new GridConfig(2, 1), new GridConfig(2, 3));

    assertThat(matrix).containsExactly(1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1);
  }
}
