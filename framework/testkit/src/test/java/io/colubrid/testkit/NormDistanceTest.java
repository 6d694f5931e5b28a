package io.colubrid.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.spi.tensor.Shape;
import io.colubrid.testkit.trial.Result;
import io.colubrid.testkit.trial.Rows;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How far bodies may be off: by a share of a tensor's norm, or by what roundings move. */
final class NormDistanceTest {
  private static final Rows ROWS = Rows.dense(1, 2, 1, new double[2]);

  /** A result whose tensors are (1, off) each. */
  private static Result result(double output, double input, double weight, double bias) {
    Map<String, double[]> parameters =
        Map.of("weight", new double[] {1, weight}, "bias", new double[] {1, bias});
    return new Result(
        Shape.of(1, 2, 1),
        new double[] {1, output},
        new double[] {1, input},
        new TreeMap<>(parameters));
  }

  private static @Nullable String mismatch(NormDistance distance, Result found) {
    return distance.mismatch(ROWS, result(0, 0, 0, 0), found);
  }

  @ParameterizedTest
  @CsvSource({"0.019, true", "0.021, false"})
  void eachTensorIsComparedByItsNorm(double off, boolean agrees) {
    assertThat(mismatch(NormDistance.BF16, result(off, 0, 0, 0)) == null).isEqualTo(agrees);
    assertThat(mismatch(NormDistance.BF16, result(0, off, 0, 0)) == null).isEqualTo(agrees);
    assertThat(mismatch(NormDistance.BF16, result(0, 0, off, 0)) == null).isEqualTo(agrees);
    assertThat(mismatch(NormDistance.BF16, result(0, 0, 0, off)) == null).isEqualTo(agrees);
  }

  @Test
  void theTensorIsNamed() {
    assertThat(mismatch(NormDistance.F32, result(1, 0, 0, 0))).startsWith("output: ");
    assertThat(mismatch(NormDistance.F32, result(0, 1, 0, 0))).startsWith("gradient of x: ");
    assertThat(mismatch(NormDistance.F32, result(0, 0, 1, 0))).startsWith("gradient of weight: ");
  }

  @ParameterizedTest
  @CsvSource({"0.29, true", "0.31, false"})
  void sixTimesWhatRoundingsMoveIsAllowed(double off, boolean agrees) {
    NormDistance distance =
        NormDistance.BF16.beside(
            List.of(result(0.02, 0.02, 0.02, 0.02), result(0.05, 0.05, 0.05, 0.05)));
    assertThat(mismatch(distance, result(off, off, off, off)) == null).isEqualTo(agrees);
  }

  /** As where a router chooses another expert for each position. */
  @Test
  void anOutputOfZerosIsWrongWhateverRoundingsMove() {
    NormDistance distance = NormDistance.BF16.beside(List.of(result(30, 30, 30, 30)));
    Result zeros =
        new Result(Shape.of(1, 2, 1), new double[2], new double[] {1, 0}, new TreeMap<>());
    assertThat(distance.outputMismatch(ROWS, result(0, 0, 0, 0), zeros)).startsWith("output: ");
    assertThat(mismatch(distance, result(1, 0, 0, 0))).startsWith("output: ");
  }

  @Test
  void gradientsThatCancelMayBeOffByMoreThanTheyAre() {
    NormDistance distance = NormDistance.BF16.beside(List.of(result(0, 30, 30, 30)));
    assertThat(mismatch(distance, result(0, 50, 50, 50))).isNull();
  }
}
