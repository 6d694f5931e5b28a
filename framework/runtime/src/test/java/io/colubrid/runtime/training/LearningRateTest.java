package io.colubrid.runtime.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.colubrid.runtime.training.LearningRate.Decay;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class LearningRateTest {
  private static final double PEAK = 3e-3;
  private static final long WARMUP = 40;
  private static final long UPDATES = 500;

  @ParameterizedTest
  @EnumSource
  void warmsUpInAStraightLineFromTheFirstUpdate(Decay decay) {
    LearningRate rate = new LearningRate(PEAK, decay, WARMUP, 0.1);

    for (long update = 1; update <= WARMUP; update++) {
      assertThat(rate.at(update, UPDATES)).isCloseTo(PEAK * update / WARMUP, within(1e-12));
    }
  }

  @ParameterizedTest
  @EnumSource
  void makesNoJump(Decay decay) {
    LearningRate rate = new LearningRate(PEAK, decay, WARMUP, 0.1);
    double steepest = PEAK / WARMUP + 1e-12;

    for (long update = 2; update <= UPDATES + 10; update++) {
      double change = rate.at(update, UPDATES) - rate.at(update - 1, UPDATES);
      assertThat(Math.abs(change)).as("update %d", update).isLessThanOrEqualTo(steepest);
    }
  }

  @ParameterizedTest
  @EnumSource
  void reachesThePeakAtTheEndOfTheWarmupAndNeverRisesAfterwards(Decay decay) {
    LearningRate rate = new LearningRate(PEAK, decay, WARMUP, 0.1);

    assertThat(rate.at(WARMUP, UPDATES)).isEqualTo(PEAK);
    for (long update = WARMUP + 1; update <= UPDATES; update++) {
      assertThat(rate.at(update, UPDATES)).isLessThanOrEqualTo(rate.at(update - 1, UPDATES));
    }
  }

  @ParameterizedTest
  @EnumSource(names = "CONSTANT", mode = EnumSource.Mode.EXCLUDE)
  void endsAtTheFinalFractionAndStaysThere(Decay decay) {
    LearningRate rate = new LearningRate(PEAK, decay, WARMUP, 0.1);

    assertThat(rate.at(UPDATES, UPDATES)).isCloseTo(0.1 * PEAK, within(1e-15));
    assertThat(rate.at(UPDATES + 7, UPDATES)).isEqualTo(rate.at(UPDATES, UPDATES));
    assertThat(rate.at(UPDATES - 1, UPDATES)).isGreaterThan(0.1 * PEAK);
  }

  @Test
  void cosineIsHalfWayDownInTheMiddleAndFlatAtBothEnds() {
    LearningRate rate = new LearningRate(PEAK, Decay.COSINE, 0, 0);

    assertThat(rate.at(UPDATES / 2, UPDATES)).isCloseTo(PEAK / 2, within(1e-12));
    double first = rate.at(1, UPDATES) - rate.at(2, UPDATES);
    double middle = rate.at(UPDATES / 2, UPDATES) - rate.at(UPDATES / 2 + 1, UPDATES);
    assertThat(first).isLessThan(middle / 50);
  }

  @Test
  void aConstantRateStaysAtThePeak() {
    LearningRate rate = new LearningRate(PEAK, Decay.CONSTANT, 0, 0.1);

    assertThat(rate.at(1, UPDATES)).isEqualTo(PEAK);
    assertThat(rate.at(UPDATES, UPDATES)).isEqualTo(PEAK);
  }

  @ParameterizedTest
  @EnumSource
  void aRunShorterThanItsWarmupNeverGetsToThePeak(Decay decay) {
    LearningRate rate = new LearningRate(PEAK, decay, WARMUP, 0);

    assertThat(rate.at(10, 10)).isCloseTo(PEAK / 4, within(1e-12));
  }

  @Test
  void refusesWhatMakesNoSense() {
    assertThatThrownBy(() -> new LearningRate(0, Decay.LINEAR, 0, 0))
        .hasMessage("the peak of a learning rate must be positive, found 0.0");
    assertThatThrownBy(() -> new LearningRate(1, Decay.LINEAR, -1, 0))
        .hasMessage("a warm-up takes no fewer than 0 updates, found -1");
    assertThatThrownBy(() -> new LearningRate(1, Decay.LINEAR, 0, 1.5))
        .hasMessage("the final fraction of a learning rate must be between 0 and 1, found 1.5");
    LearningRate rate = new LearningRate(1, Decay.LINEAR, 0, 0);
    assertThatThrownBy(() -> rate.at(0, 10)).hasMessage("updates are numbered from 1, found 0");
  }
}
