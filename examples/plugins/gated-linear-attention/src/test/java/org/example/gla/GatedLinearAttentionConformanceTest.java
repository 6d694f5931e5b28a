package org.example.gla;

import io.colubrid.testkit.LayerConformance;
import io.colubrid.testkit.LayerUnderTest;

final class GatedLinearAttentionConformanceTest extends LayerConformance {
  @Override
  protected LayerUnderTest layer() {
    return LayerUnderTest.of(new GatedLinearAttentionPlugin(), "gated-linear-attention").width(16);
  }
}
