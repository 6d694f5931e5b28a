package io.colubrid.testkit;

import org.junit.jupiter.api.Nested;

/** The channel layers that come with the runtime have every property that a layer must have. */
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
}
