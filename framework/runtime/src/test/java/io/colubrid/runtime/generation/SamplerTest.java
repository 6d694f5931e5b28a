package io.colubrid.runtime.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class SamplerTest {
  private static final float[] LOGITS = {1, 3, 2, -1, 0};

  private static int[] counts(Sampling sampling, int draws) {
    Sampler sampler = new Sampler(sampling);
    int[] counts = new int[LOGITS.length];
    for (int i = 0; i < draws; i++) {
      counts[sampler.next(LOGITS.clone())]++;
    }
    return counts;
  }

  private static Sampling sampling(double temperature, int topK, double topP, double minP) {
    return new Sampling(1, temperature, topK, topP, minP, 42);
  }

  @Test
  void temperatureZeroTakesTheBest() {
    assertThat(counts(Sampling.greedy(), 10)).containsExactly(0, 10, 0, 0, 0);
  }

  @Test
  void drawsFollowTheSoftmax() {
    int draws = 40_000;
    int[] counts = counts(sampling(1, 0, 1, 0), draws);
    double total = Arrays.stream(new double[] {1, 3, 2, -1, 0}).map(Math::exp).sum();
    for (int i = 0; i < counts.length; i++) {
      double expected = Math.exp(LOGITS[i]) / total;
      double tolerance = 5 * Math.sqrt(expected * (1 - expected) / draws);
      assertThat((double) counts[i] / draws).isBetween(expected - tolerance, expected + tolerance);
    }
  }

  @Test
  void filtersLeaveOnlyTheBest() {
    assertThat(counts(sampling(1, 2, 1, 0), 500)).matches(c -> c[0] + c[3] + c[4] == 0);
    assertThat(counts(sampling(1, 0, 0.5, 0), 500)).containsExactly(0, 500, 0, 0, 0);
    // exp(2 - 3) = 0.37 is at least 0.3 of the best, exp(1 - 3) = 0.14 is not.
    assertThat(counts(sampling(1, 0, 1, 0.3), 500)).matches(c -> c[0] == 0 && c[2] > 0);
  }

  @Test
  void equalSeedsDrawEquallyAndOthersDoNot() {
    Sampler a = new Sampler(new Sampling(1, 1, 0, 1, 0, 7));
    Sampler b = new Sampler(new Sampling(1, 1, 0, 1, 0, 7));
    Sampler c = new Sampler(new Sampling(1, 1, 0, 1, 0, 8));
    int[] first = new int[50];
    int[] second = new int[50];
    int[] third = new int[50];
    for (int i = 0; i < 50; i++) {
      first[i] = a.next(LOGITS.clone());
      second[i] = b.next(LOGITS.clone());
      third[i] = c.next(LOGITS.clone());
    }
    assertThat(first).isEqualTo(second).isNotEqualTo(third);
  }

  @Test
  void aPenaltyMakesSeenTokensLessLikely() {
    Sampler sampler = new Sampler(new Sampling(2, 0, 0, 1, 0, 1));
    assertThat(sampler.next(LOGITS.clone())).isEqualTo(1);
    assertThat(sampler.next(LOGITS.clone())).isEqualTo(2);
  }

  @Test
  void optionsOutOfRangeAreNamed() {
    assertThatThrownBy(() -> sampling(-1, 0, 1, 0))
        .hasMessage("--temperature must not be negative, found -1.0");
    assertThatThrownBy(() -> sampling(1, 0, 0, 0))
        .hasMessage("--top-p must be above 0 and at most 1, found 0.0");
  }

  @Test
  void scoresThatAreNoNumbersAreRefused() {
    float[] bad = {Float.NaN, Float.NaN};
    assertThatThrownBy(() -> new Sampler(Sampling.greedy()).next(bad))
        .isInstanceOf(ArithmeticException.class);
  }
}
