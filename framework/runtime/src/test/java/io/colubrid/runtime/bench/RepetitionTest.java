package io.colubrid.runtime.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class RepetitionTest {
  private static final Repetition REPETITION = new Repetition(10, 100, 3, 5);

  /** Runs that are measured where each takes so long. */
  private static int runs(long each) {
    int runs = 0;
    while (REPETITION.measures(runs, runs * each)) {
      runs++;
    }
    return runs;
  }

  @Test
  void measuresSlowThingsLessOftenButOnceAtLeast() {
    assertThat(runs(1)).isEqualTo(5);
    assertThat(runs(50)).isEqualTo(3);
    assertThat(runs(399)).isEqualTo(2);
    assertThat(runs(400)).isOne();
  }

  @Test
  void warmsUpOnceAtLeast() {
    assertThat(REPETITION.warmsUp(0, 1_000_000)).isTrue();
    assertThat(REPETITION.warmsUp(1, 1_000_000)).isFalse();
  }
}
