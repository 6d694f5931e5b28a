package io.colubrid.plugins.mamba;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.tensor.Shape;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MambaInitTest {
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
  void everyChannelStartsWithTheSameDecays() {
    Shape shape = Shape.of(3, 4);
    Initializer.Draw draw = draw(new Random(1));
    for (long channel = 0; channel < 3; channel++) {
      for (long n = 0; n < 4; n++) {
        double value = MambaInit.aLog().value(channel * 4 + n, shape, draw);
        assertThat(Math.exp(value)).isCloseTo(n + 1, within(1e-12));
      }
    }
  }
}
