package io.colubrid.testkit;

import org.junit.jupiter.api.Nested;

/** The layers that come with the runtime have every property that a layer must have. */
final class BuiltInConformanceTest {
  @Nested
  final class Mlp extends LayerConformance {
    @Override
    protected LayerUnderTest layer() {
      return LayerUnderTest.of("mlp", "expand = 2, bias = true, dropout = 0.1");
    }
  }

  @Nested
  final class SwiGlu extends LayerConformance {
    @Override
    protected LayerUnderTest layer() {
      return LayerUnderTest.of("swiglu", "");
    }
  }

  @Nested
  final class Parallel extends LayerConformance {
    @Override
    protected LayerUnderTest layer() {
      return LayerUnderTest.of("parallel", "branches = [ mlp, swiglu ], scales = [ 2, 0.5 ]");
    }
  }

  @Nested
  final class BidirectionalOfSharedWeights extends LayerConformance {
    @Override
    protected LayerUnderTest layer() {
      return LayerUnderTest.of(
          "bidirectional", "of { type = shared, name = a, of { type = mlp, dropout = 0.1 } }");
    }
  }

  @Nested
  final class ScaledByAConstant extends LayerConformance {
    @Override
    protected LayerUnderTest layer() {
      return LayerUnderTest.of("residual-scale", "of = swiglu, initial = 0.5, learned = false");
    }
  }
}
