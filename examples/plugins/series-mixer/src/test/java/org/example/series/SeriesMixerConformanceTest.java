package org.example.series;

import io.colubrid.testkit.LayerConformance;
import io.colubrid.testkit.LayerUnderTest;

final class SeriesMixerConformanceTest extends LayerConformance {
  @Override
  protected LayerUnderTest layer() {
    return LayerUnderTest.of(new SeriesMixerPlugin(), "series-mixer").width(8);
  }
}
