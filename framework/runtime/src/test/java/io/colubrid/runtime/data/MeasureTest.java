package io.colubrid.runtime.data;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MeasureTest {
  @Test
  void keysAreMadeOfTheName() {
    Measure bits = TextConfig.europarl().task().measure();
    assertThat(bits.key()).isEqualTo("held-out-bits-per-byte");
    assertThat(bits.jsonKey()).isEqualTo("heldOutBitsPerByte");
    assertThat(bits.text(1.23456)).isEqualTo("1.2346");
    assertThat(bits.better()).hasToString("lower");
  }

  @Test
  void sharesAreShownInHundredths() {
    Score score = Score.of(Measure.accuracy(), 0.88125).with(Measure.lower("loss", "loss"), 0.5);
    assertThat(score).hasToString("held-out accuracy 88.13 % (loss 0.5000)");
    assertThat(score.metrics())
        .containsExactly(
            java.util.Map.entry("held-out-accuracy", 0.88125),
            java.util.Map.entry("held-out-loss", 0.5));
  }
}
