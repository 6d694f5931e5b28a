package io.colubrid.runtime.plan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Gathers equal layers: neighbours, and those of a sequence of layers that is repeated, such as
 * mixer and channel in turn.
 */
final class RepeatedLayers {
  private static final int LONGEST_SEQUENCE = 64;

  private final List<LayerCost> layers;

  private RepeatedLayers(List<LayerCost> layers) {
    this.layers = layers;
  }

  /** What two layers must share to be shown as one. */
  private record Kind(String type, long parameters, long forwardFlops) {
    static Kind of(LayerCost layer) {
      return new Kind(layer.type(), layer.parameters(), layer.forwardFlops());
    }
  }

  /** Lists of equal layers, in the order of the first of each. */
  static List<List<LayerCost>> of(List<LayerCost> layers) {
    return new RepeatedLayers(layers).gather();
  }

  private List<List<LayerCost>> gather() {
    List<List<LayerCost>> groups = new ArrayList<>();
    for (int from = 0; from < layers.size(); ) {
      int to = from + repeated(from);
      Map<Kind, List<LayerCost>> kinds = new LinkedHashMap<>();
      for (LayerCost layer : layers.subList(from, to)) {
        kinds.computeIfAbsent(Kind.of(layer), kind -> new ArrayList<>()).add(layer);
      }
      groups.addAll(kinds.values());
      from = to;
    }
    return groups;
  }

  /** How many layers from there on a sequence and its repetitions take; 1 if nothing repeats. */
  private int repeated(int from) {
    int longest = 1;
    for (int period = 1; period <= LONGEST_SEQUENCE; period++) {
      int to = from + period;
      while (to < layers.size()
          && Kind.of(layers.get(to)).equals(Kind.of(layers.get(to - period)))) {
        to++;
      }
      int whole = (to - from) / period * period;
      if (whole > period && whole > longest) {
        longest = whole;
      }
    }
    return longest;
  }
}
