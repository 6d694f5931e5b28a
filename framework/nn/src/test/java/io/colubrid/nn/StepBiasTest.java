package io.colubrid.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.tensor.Shape;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StepBiasTest {
  private static Initializer.Draw draw(Random random) {
    return new Initializer.Draw() {
      @Override
      public double uniform() {
        return random.nextDouble();
      }

      @Override
      public double normal() {
        return random.nextGaussian();
      }
    };
  }

  @Test
  void stepSizesAreSpreadEvenlyOverTheirLogarithms() {
    Initializer.Draw draw = draw(new Random(2));
    Initializer bias = new StepBias(1e-3, 0.1, 1e-4);
    int below = 0;
    for (int i = 0; i < 1000; i++) {
      double step = Math.log1p(Math.exp(bias.value(i, Shape.of(1000), draw)));
      assertThat(step).isBetween(1e-3 - 1e-12, 0.1 + 1e-12);
      below += step < 1e-2 ? 1 : 0;
    }
    assertThat(below).isBetween(450, 550);
  }

  @Test
  void noStepSizeStartsBelowTheFloor() {
    Initializer.Draw draw = draw(new Random(3));
    Initializer bias = new StepBias(1e-6, 1e-5, 1e-4);
    double step = Math.log1p(Math.exp(bias.value(0, Shape.of(1), draw)));
    assertThat(step).isCloseTo(1e-4, within(1e-12));
  }
}
