package io.colubrid.plugins.mamba;

import io.colubrid.testkit.LayerConformance;
import io.colubrid.testkit.LayerUnderTest;
import org.junit.jupiter.api.Nested;

/** Mamba in its variations has every property that a layer must have. */
final class MambaConformanceTest {
  @Nested
  final class Plain extends Mamba {
    Plain() {
      super("expand = 2, d-state = 4");
    }
  }

  @Nested
  final class WeightlessNorms extends Mamba {
    WeightlessNorms() {
      super("d-state = 3, dt-rank = 2, bias = true, inner-norms = weightless");
    }
  }

  @Nested
  final class LearnedNorms extends Mamba {
    LearnedNorms() {
      super("d-state = 4, dt-rank = 4, conv-bias = false, inner-norms = learned");
    }
  }

  @Nested
  final class ShortConvolution extends Mamba {
    ShortConvolution() {
      super("expand = 1, d-state = 16, d-conv = 2");
    }
  }

  abstract static class Mamba extends LayerConformance {
    private final String keys;

    Mamba(String keys) {
      this.keys = keys;
    }

    @Override
    protected LayerUnderTest layer() {
      return LayerUnderTest.of(new MambaPlugin(), "mamba", keys).width(16);
    }
  }
}
