package io.colubrid.runtime.bench;

import io.colubrid.spi.plugin.LayerDefinition;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Something to measure.
 *
 * @param suite that it belongs to
 * @param name what it is asked for by
 * @param what sizes and kind of work, for people
 * @param layers types of the layers that it needs
 * @param open sets it up
 */
record Benchmark(
    Suite suite, String name, String what, List<String> layers, Function<Setting, Trial> open) {

  /** The first layer that is needed and not there. */
  Optional<String> missing(Setting setting) {
    return layers.stream()
        .filter(type -> setting.registry().find(LayerDefinition.Kind.LAYER, type).isEmpty())
        .findFirst();
  }
}
