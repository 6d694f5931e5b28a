package io.colubrid.runtime.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EstimateTest {
  @ParameterizedTest
  @CsvSource({
    "1, 12.7062",
    "2, 4.3027",
    "10, 2.2281",
    "11, 2.2010",
    "15, 2.1314",
    "30, 2.0423",
    "120, 1.9799"
  })
  void studentsQuantilesAgreeWithTheTables(int degreesOfFreedom, double expected) {
    assertThat(Estimate.t975(degreesOfFreedom)).isCloseTo(expected, offset(2e-4));
  }

  @Test
  void threeValuesGiveTheIntervalOfTheTextbook() {
    Estimate estimate = Estimate.of(2.0, 3.0, 4.0);
    assertThat(estimate.mean()).isCloseTo(3, offset(1e-12));
    assertThat(estimate.standardDeviation()).isCloseTo(1, offset(1e-12));
    assertThat(estimate.halfWidth95()).isCloseTo(4.3027 / Math.sqrt(3), offset(1e-4));
  }

  @Test
  void oneValueHasNoSpread() {
    assertThat(Estimate.of(2.5).mean()).isEqualTo(2.5);
    assertThat(Estimate.of(2.5).halfWidth95()).isNaN();
  }
}
