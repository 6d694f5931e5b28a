package io.colubrid.runtime.builtin;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.tape.Recorder.Bodies;
import io.colubrid.engine.tape.Value;
import io.colubrid.runtime.Trial;
import io.colubrid.spi.tensor.Shape;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class SgdStepTest {
  private static final SgdStep STEP = new SgdStep(0.8, 0.25);
  private static final int COUNT = 1003;

  @ParameterizedTest
  @EnumSource(names = {"FAST", "REFERENCE"})
  void agreesWithTheTextbookAndHeedsTheControlOfEachRun(Bodies bodies) {
    try (Trial trial = new Trial(bodies, 2)) {
      Random random = new Random(3);
      Value value = trial.floats(Shape.of(COUNT), Trial.normal(random, COUNT, 1));
      Value gradient = trial.floats(Shape.of(COUNT));
      Value direction = trial.floats(Shape.of(COUNT));
      Value control = trial.floats(Shape.of(4));
      trial.recorder().ops().apply(STEP, value, gradient, direction, control);
      Executable program = trial.prepare();
      double[] w = trial.get(value);
      double[] b = new double[COUNT];
      for (int step = 1; step <= 4; step++) {
        double rate = 0.1 / step;
        double[] g = Trial.normal(random, COUNT, 2);
        trial.set(gradient, g);
        trial.set(control, rate, step, 0.5, 1);
        program.run();
        Arrays.setAll(b, i -> 0.8 * b[i] + 0.5 * g[i]);
        Arrays.setAll(w, i -> (1 - 0.25 * rate) * w[i] - rate * b[i]);
      }
      assertThat(Trial.distance(trial.get(value), w)).isLessThan(2e-6);
      assertThat(Trial.distance(trial.get(direction), b)).isLessThan(2e-6);

      double[] before = trial.get(value);
      double[] bad = new double[COUNT];
      Arrays.fill(bad, Double.NaN);
      trial.set(gradient, bad);
      trial.set(control, 0.1, 5, 0.5, 0);
      program.run();

      assertThat(trial.get(value)).isEqualTo(before);
      assertThat(trial.get(direction)).doesNotContain(Double.NaN);
    }
  }
}
