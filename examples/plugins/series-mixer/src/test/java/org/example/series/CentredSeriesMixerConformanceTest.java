package org.example.series;

import io.colubrid.testkit.LayerConformance;
import io.colubrid.testkit.LayerUnderTest;

final class CentredSeriesMixerConformanceTest extends LayerConformance {
  @Override
  protected LayerUnderTest layer() {
    return LayerUnderTest.of(new SeriesMixerPlugin(), "series-mixer", "centred = true").width(8);
  }
}
