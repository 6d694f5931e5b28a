package io.colubrid.plugins.mamba2ssd;

import io.colubrid.testkit.LayerConformance;
import io.colubrid.testkit.LayerUnderTest;
import org.junit.jupiter.api.Nested;

/** Mamba-2 in its variations has every property that a layer must have. */
final class Mamba2ConformanceTest {
  @Nested
  final class Plain extends Mamba2 {
    Plain() {
      super("head-dim = 8, d-state = 4");
    }
  }

  @Nested
  final class SmallChunks extends Mamba2 {
    SmallChunks() {
      super("head-dim = 8, d-state = 16, chunk = 16");
    }
  }

  @Nested
  final class Groups extends Mamba2 {
    Groups() {
      super("head-dim = 4, d-state = 3, groups = 2, chunk = 5, bias = true, norm = group");
    }
  }

  @Nested
  final class NormOverAllAndBoundedSteps extends Mamba2 {
    NormOverAllAndBoundedSteps() {
      super(
          "expand = 1, head-dim = 2, d-state = 5, groups = 4, d-conv = 2, chunk = 64, norm = all"
              + ", conv-bias = false, dt-max = 1, time-step-limit { min = 0.01, max = 0.1 }");
    }
  }

  abstract static class Mamba2 extends LayerConformance {
    private final String keys;

    Mamba2(String keys) {
      this.keys = keys;
    }

    @Override
    protected LayerUnderTest layer() {
      return LayerUnderTest.of(new Mamba2Plugin(), "mamba2", keys).width(16);
    }
  }
}
