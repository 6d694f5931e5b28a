package io.colubrid.plugins.vision;

import io.colubrid.testkit.LayerConformance;
import io.colubrid.testkit.LayerUnderTest;
import org.junit.jupiter.api.Nested;

/** The four-way scan in its variations has every property that a layer must have. */
final class Ss2dConformanceTest {
  @Nested
  final class Plain extends Ss2d {
    Plain() {
      super("expand = 2");
    }
  }

  @Nested
  final class Biased extends Ss2d {
    Biased() {
      super("expand = 1, d-state = 3, d-conv = 5, conv-bias = true, bias = true, dt-rank = 2");
    }
  }

  abstract static class Ss2d extends LayerConformance {
    private final String keys;

    Ss2d(String keys) {
      this.keys = keys;
    }

    @Override
    protected LayerUnderTest layer() {
      return LayerUnderTest.of(new VisionPlugin(), "ss2d", keys)
          .width(18)
          .grid("type = conv-stem, image { height = 32, width = 32 }");
    }
  }
}
