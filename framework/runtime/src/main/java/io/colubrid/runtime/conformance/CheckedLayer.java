package io.colubrid.runtime.conformance;

import java.util.List;

/**
 * A layer and what came of all its properties.
 *
 * @param width features of the stream that it was checked on
 * @param keys the keys that it was checked under, each as {@code key=value}
 */
public record CheckedLayer(
    String layer, int width, List<String> keys, List<PropertyResult> results) {

  public CheckedLayer {
    keys = List.copyOf(keys);
    results = List.copyOf(results);
  }

  public boolean conforms() {
    return results.stream().noneMatch(PropertyResult::failed);
  }
}
