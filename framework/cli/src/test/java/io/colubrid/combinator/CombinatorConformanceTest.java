package io.colubrid.combinator;

import io.colubrid.testkit.LayerConformance;
import io.colubrid.testkit.LayerUnderTest;
import org.junit.jupiter.api.Nested;

/** Combinators over layers of several families have every property that a layer must have. */
final class CombinatorConformanceTest {
  private static final String MAMBA = "{ type = mamba, d-state = 4 }";
  private static final String ATTENTION = "{ type = attention, heads = 4, kv-heads = 2 }";

  @Nested
  final class SideBySide extends Combined {
    SideBySide() {
      super("parallel", "branches = [ %s, %s ], combine = concat", ATTENTION, MAMBA);
    }
  }

  @Nested
  final class SharedTwiceInOneLayer extends Combined {
    SharedTwiceInOneLayer() {
      super(
          "parallel",
          """
          combine = weighted
          branches = [
            { type = shared, name = a, of = %1$s }
            { type = residual-scale, of { type = shared, name = a, of = %1$s } }
          ]
          """,
          MAMBA);
    }
  }

  @Nested
  final class BothWays extends Combined {
    BothWays() {
      super("bidirectional", "of = %s, combine = mean", MAMBA);
    }
  }

  @Nested
  final class BothWaysWithSharedWeights extends Combined {
    BothWaysWithSharedWeights() {
      super("bidirectional", "of = %s, weights = shared, combine = gated", ATTENTION);
    }
  }

  abstract static class Combined extends LayerConformance {
    private final String type;
    private final String keys;

    Combined(String type, String keys, Object... layers) {
      this.type = type;
      this.keys = keys.formatted(layers);
    }

    @Override
    protected LayerUnderTest layer() {
      return LayerUnderTest.of(type, keys).width(16);
    }
  }
}
