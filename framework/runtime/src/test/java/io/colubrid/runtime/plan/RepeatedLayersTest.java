package io.colubrid.runtime.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class RepeatedLayersTest {
  /** A layer for each letter; equal letters are equal layers. */
  private static List<String> groups(String letters) {
    List<LayerCost> layers = new ArrayList<>();
    for (int i = 0; i < letters.length(); i++) {
      layers.add(new LayerCost(String.valueOf(i), letters.substring(i, i + 1), 1, 2, 3));
    }
    List<List<LayerCost>> groups = RepeatedLayers.of(layers);
    assertThat(groups.stream().flatMap(List::stream)).containsExactlyInAnyOrderElementsOf(layers);
    return groups.stream().map(group -> group.size() + group.getFirst().type()).toList();
  }

  @Test
  void neighboursAndRepeatedSequencesAreShownOnce() {
    assertThat(groups("abc")).isEqualTo(Arrays.asList("1a", "1b", "1c"));
    assertThat(groups("smmmmh")).containsExactly("1s", "4m", "1h");
    assertThat(groups("s" + "ac".repeat(24) + "h")).containsExactly("1s", "24a", "24c", "1h");
    assertThat(groups("mmmacmmm")).containsExactly("3m", "1a", "1c", "3m");
    assertThat(groups("mmmac".repeat(4))).containsExactly("12m", "4a", "4c");
  }

  @Test
  void layersOfOneTypeButAnotherSizeAreNotEqual() {
    List<LayerCost> layers =
        List.of(new LayerCost("0", "m", 10, 20, 30), new LayerCost("1", "m", 11, 20, 30));

    assertThat(RepeatedLayers.of(layers)).hasSize(2);
  }
}
