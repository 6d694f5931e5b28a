package io.colubrid.runtime.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;

/** Metrics of layers are put together again by layer and name. */
final class LayerFiguresTest {
  private static SequencedMap<String, Double> metrics() {
    SequencedMap<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("loss", 2.5);
    metrics.put("layers.1.channel.load.0", 0.25);
    metrics.put("layers.1.channel.load.1", 0.75);
    metrics.put("layers.1.channel.dropped", 0.0123456);
    metrics.put("layers.12.channel.experts.0.load.0", 1.0);
    metrics.put("layers.12.channel.experts.0.z-loss", Double.NaN);
    metrics.put("seconds", 3.0);
    return metrics;
  }

  @Test
  void vectorsAreWholeAgainAndStandLast() {
    LayerFigures figures = LayerFigures.of(metrics());

    assertThat(figures.names()).containsExactly("dropped", "z-loss", "load");
    assertThat(figures.figures())
        .containsOnlyKeys("layers.1.channel", "layers.12.channel.experts.0");
    assertThat(figures.cells("layers.1.channel")).containsExactly("0.0123", "", "0.250 0.750");
    assertThat(figures.cells("layers.12.channel.experts.0")).containsExactly("", "–", "1.00");
  }

  @Test
  void theTableHasALineALayer() {
    assertThat(LayerFigures.of(metrics()).table())
        .isEqualTo(
            """
            layer                        dropped  z-loss  load
            layers.1.channel             0.0123           0.250 0.750
            layers.12.channel.experts.0           –       1.00
            """);
  }

  @Test
  void whereNoLayerReportsThereIsNothing() {
    LayerFigures none = LayerFigures.of(Map.of("loss", 1.0, "gradient-norm", 2.0));

    assertThat(none.isEmpty()).isTrue();
    assertThat(none.table()).isEmpty();
    assertThat(none.cells("layers.0.channel")).isEqualTo(List.of());
  }
}
