package io.colubrid.plugins.moe;

import io.colubrid.testkit.LayerConformance;
import io.colubrid.testkit.LayerUnderTest;
import org.junit.jupiter.api.Nested;

/** A mixture of experts in its variations has every property that a layer must have. */
final class MoeConformanceTest {
  @Nested
  final class Renormalised extends Moe {
    Renormalised() {
      super("experts = 4, top-k = 2, renormalise = true, expert { type = swiglu, width = 24 }");
    }
  }

  @Nested
  final class AsProbabilities extends Moe {
    AsProbabilities() {
      super("experts = 5, top-k = 3, z-loss = 0.1, expert { type = mlp, width = 20 }");
    }
  }

  @Nested
  final class Switch extends Moe {
    Switch() {
      super("experts = 4, top-k = 1, capacity = 1.0, expert { type = mlp, expand = 2 }");
    }
  }

  @Nested
  final class Shared extends Moe {
    Shared() {
      super(
          """
          experts = 3, top-k = 2, capacity = 0.75
          expert { type = swiglu, width = 8, bias = true }
          shared { type = swiglu, width = 16 }
          """);
    }
  }

  @Nested
  final class OfMixtures extends Moe {
    OfMixtures() {
      super(
          """
          experts = 2, top-k = 1
          expert { type = moe, experts = 2, top-k = 1, expert { type = mlp, width = 8 } }
          """);
    }
  }

  abstract static class Moe extends LayerConformance {
    private final String keys;

    Moe(String keys) {
      this.keys = keys;
    }

    @Override
    protected LayerUnderTest layer() {
      return LayerUnderTest.of(new MoePlugin(), "moe", keys).width(16);
    }
  }
}
