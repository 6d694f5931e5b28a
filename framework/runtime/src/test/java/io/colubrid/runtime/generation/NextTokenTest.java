package io.colubrid.runtime.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.cuda.CudaBackend;
import io.colubrid.engine.cuda.CudaProbe;
import io.colubrid.engine.tape.Recorder;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is drawn from scores. */
final class NextTokenTest {
  private static final float[] LOGITS = {1, 3, 2, -1, 0};

  private static Sampling sampling(double temperature, int topK, double topP, double minP) {
    return new Sampling(1, temperature, topK, topP, minP, 42);
  }

  private static int[] counts(Sampling sampling, int draws) {
    int[] counts = new int[LOGITS.length];
    Draws numbers = new Draws(sampling.seed());
    try (CpuBackend backend = new CpuBackend();
        DrawnTokens tokens = new DrawnTokens(backend, backend.bodies(), LOGITS.length)) {
      for (int i = 0; i < draws; i++) {
        counts[tokens.next(LOGITS, sampling, numbers.next())]++;
      }
    }
    return counts;
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
    Sampling other = new Sampling(1, 1, 0, 1, 0, 8);
    int[] counts = counts(sampling(1, 0, 1, 0), 500);
    assertThat(counts(sampling(1, 0, 1, 0), 500)).isEqualTo(counts);
    assertThat(counts(other, 500)).isNotEqualTo(counts);
  }

  @Test
  void aPenaltyMakesSeenTokensLessLikely() {
    Sampling sampling = new Sampling(2, 0, 0, 1, 0, 1);
    try (CpuBackend backend = new CpuBackend();
        DrawnTokens tokens = new DrawnTokens(backend, backend.bodies(), LOGITS.length)) {
      assertThat(tokens.next(LOGITS, sampling, 0)).isEqualTo(1);
      assertThat(tokens.next(LOGITS, sampling, 0)).isEqualTo(2);
    }
  }

  @Test
  void scoresThatAreNoNumbersGiveNoToken() {
    float[] bad = {Float.NaN, Float.NaN};
    float[] half = {Float.NaN, -5};
    try (CpuBackend backend = new CpuBackend();
        DrawnTokens tokens = new DrawnTokens(backend, backend.bodies(), 2)) {
      assertThat(tokens.next(bad, Sampling.greedy(), 0)).isEqualTo(-1);
      assertThat(tokens.next(half, sampling(1, 0, 1, 0), 0.5f)).isEqualTo(1);
    }
  }

  @Test
  void theBodyDrawsWhatTheDefinitionDraws() {
    try (CpuBackend backend = new CpuBackend()) {
      compare(backend, backend.bodies(), backend, Recorder.Bodies.REFERENCE, 97);
    }
  }

  @Test
  @Tag("cuda")
  void aGpuDrawsWhatTheProcessorDraws() {
    CudaProbe probe = CudaProbe.run();
    Assumptions.assumeTrue(probe.usable(), probe.problem());
    try (CudaBackend gpu = new CudaBackend(0);
        CpuBackend cpu = new CpuBackend()) {
      compare(gpu, gpu.bodies(), cpu, cpu.bodies(), 97);
    }
  }

  @Test
  @Tag("cuda")
  @Tag("large")
  void aGpuDrawsFromALargeVocabulary() {
    CudaProbe probe = CudaProbe.run();
    Assumptions.assumeTrue(probe.usable(), probe.problem());
    try (CudaBackend gpu = new CudaBackend(0);
        CpuBackend cpu = new CpuBackend()) {
      compare(gpu, gpu.bodies(), cpu, cpu.bodies(), 50_280);
    }
  }

  private static void compare(
      Backend one, Recorder.Bodies body, Backend other, Recorder.Bodies otherBody, int vocabulary) {
    Random random = new Random(5);
    try (DrawnTokens found = new DrawnTokens(one, body, vocabulary);
        DrawnTokens expected = new DrawnTokens(other, otherBody, vocabulary)) {
      for (int trial = 0; trial < 120; trial++) {
        float[] logits = new float[vocabulary];
        for (int i = 0; i < vocabulary; i++) {
          // Halves, so that there are ties.
          logits[i] = Math.round(4 * random.nextGaussian()) / 2f;
        }
        Sampling sampling =
            new Sampling(
                trial % 2 == 0 ? 1 : 1.5,
                trial % 5 == 0 ? 0 : 0.5 + random.nextDouble(),
                trial % 3 == 0 ? 1 + random.nextInt(20) : 0,
                trial % 4 == 0 ? 0.05 + 0.9 * random.nextDouble() : 1,
                trial % 7 == 0 ? 0.01 : 0,
                1);
        float draw = random.nextFloat();
        assertThat(found.next(logits, sampling, draw))
            .as("trial %d: %s, draw %s", trial, sampling, draw)
            .isEqualTo(expected.next(logits, sampling, draw));
        if (trial % 20 == 0) {
          found.forget();
          expected.forget();
        }
      }
    }
  }

  @Test
  void optionsOutOfRangeAreNamed() {
    assertThatThrownBy(() -> sampling(-1, 0, 1, 0))
        .hasMessage("--temperature must not be negative, found -1.0");
    assertThatThrownBy(() -> sampling(1, 0, 0, 0))
        .hasMessage("--top-p must be above 0 and at most 1, found 0.0");
  }
}
