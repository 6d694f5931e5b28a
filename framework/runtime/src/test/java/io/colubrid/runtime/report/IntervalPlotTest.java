package io.colubrid.runtime.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import io.colubrid.runtime.data.Measure;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IntervalPlotTest {
  private static ModelResult model(double... heldOut) {
    List<SeedResult> seeds =
        DoubleStream.of(heldOut)
            .mapToObj(
                bits ->
                    new SeedResult(
                        1, bits, new LinkedHashMap<>(), new LinkedHashMap<>(), 1, 1, List.of()))
            .toList();
    return new ModelResult("m", 1, 1, 1, "", seeds);
  }

  private static IntervalPlot plot(ModelResult... models) {
    return IntervalPlot.of(List.of(models), Measure.lower("bits per byte", "bits / byte"));
  }

  @Test
  void everythingLiesInsideTheAxis() {
    IntervalPlot plot = plot(model(2.1, 2.2, 2.15), model(3.9, 3.91));
    for (IntervalPlot.Line line : plot.lines()) {
      Stream.concat(line.seeds().stream(), Stream.of(line.low(), line.mean(), line.high()))
          .mapToDouble(Double::parseDouble)
          .forEach(x -> assertThat(x).isBetween((double) plot.left(), (double) IntervalPlot.RIGHT));
    }
    assertThat(plot.ticks()).hasSizeBetween(2, 10);
  }

  @Test
  void equalSeedsAndBadSeedsBreakNothing() {
    IntervalPlot plot = plot(model(2, 2), model(Double.NaN, Double.NaN));
    assertThat(plot.lines()).hasSize(1);
    assertThat(plot.lines().getFirst().mean()).isNotEqualTo("–");
    IntervalPlot.Line half = plot(model(Double.NaN, 1)).lines().getFirst();
    assertThat(half.seeds()).hasSize(1);
    assertThat(half.finite()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"0.03, 0.05", "0.05, 0.05", "0.011, 0.02", "7, 10", "0, 0.1"})
  void stepsAreRoundNumbers(double wish, double expected) {
    assertThat(IntervalPlot.niceStep(wish)).isCloseTo(expected, offset(1e-12));
  }
}
