package io.colubrid.plugins.vision;

import io.colubrid.testkit.LayerConformance;
import io.colubrid.testkit.LayerUnderTest;
import org.junit.jupiter.api.Nested;

/** Vim's layer in its variations has every property that a layer must have. */
final class VimConformanceTest {
  @Nested
  final class Plain extends Vim {
    Plain() {
      super("d-state = 4");
    }
  }

  @Nested
  final class Undivided extends Vim {
    Undivided() {
      super("d-state = 3, dt-rank = 2, bias = true, divide-out = false");
    }
  }

  @Nested
  final class ShortConvolution extends Vim {
    ShortConvolution() {
      super("expand = 1, d-state = 1, d-conv = 2, conv-bias = false");
    }
  }

  abstract static class Vim extends LayerConformance {
    private final String keys;

    Vim(String keys) {
      this.keys = keys;
    }

    @Override
    protected LayerUnderTest layer() {
      return LayerUnderTest.of(new VisionPlugin(), "vim", keys).width(16);
    }
  }
}
