package io.colubrid.plugins.attention;

import io.colubrid.testkit.LayerConformance;
import io.colubrid.testkit.LayerUnderTest;
import org.junit.jupiter.api.Nested;

/** Attention in its variations has every property that a layer must have. */
final class AttentionConformanceTest {
  @Nested
  final class Plain extends Attention {
    Plain() {
      super("heads = 4");
    }
  }

  @Nested
  final class SlidingWindow extends Attention {
    SlidingWindow() {
      super("heads = 2, window = 5");
    }
  }

  @Nested
  final class GroupedQueries extends Attention {
    GroupedQueries() {
      super("heads = 4, kv-heads = 2, qkv-bias = true, bias = true");
    }
  }

  @Nested
  final class NonCausal extends Attention {
    NonCausal() {
      super("heads = 4, causal = false");
    }
  }

  @Nested
  final class NormedQueriesAndKeys extends Attention {
    NormedQueriesAndKeys() {
      super("heads = 4, kv-heads = 1, head-dim = 8, qk-norm = true, dropout = 0.2");
    }
  }

  @Nested
  final class WithoutPositions extends Attention {
    WithoutPositions() {
      super("heads = 2, positions = none");
    }
  }

  abstract static class Attention extends LayerConformance {
    private final String keys;

    Attention(String keys) {
      this.keys = keys;
    }

    @Override
    protected LayerUnderTest layer() {
      return LayerUnderTest.of(new AttentionPlugin(), "attention", keys).width(16);
    }
  }
}
