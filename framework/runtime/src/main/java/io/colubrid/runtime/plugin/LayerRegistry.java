package io.colubrid.runtime.plugin;

import io.colubrid.spi.plugin.LayerDefinition;
import io.colubrid.spi.plugin.LayerDefinition.Kind;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** All layers, stems, heads and optimizers that can be named in a file. */
public final class LayerRegistry {
  private final Map<Kind, SortedMap<String, RegisteredLayer>> layers;

  LayerRegistry(Collection<RegisteredLayer> layers) {
    this.layers =
        layers.stream()
            .collect(
                Collectors.groupingBy(
                    layer -> layer.definition().kind(),
                    Collectors.toMap(
                        RegisteredLayer::name, Function.identity(), (a, b) -> a, TreeMap::new)));
  }

  /** What goes by a name, if anything does. */
  public Optional<RegisteredLayer> find(Kind kind, String name) {
    return Optional.ofNullable(ofKind(kind).get(name));
  }

  /** The mixer or channel of a name, if there is one. */
  public Optional<LayerDescription> layer(String name) {
    return find(Kind.LAYER, name).map(RegisteredLayer::describe);
  }

  /** All names of a kind, sorted. */
  public Collection<String> names(Kind kind) {
    return ofKind(kind).keySet();
  }

  /** Everything, by kind and name, for listings. */
  public List<LayerDescription> describe() {
    return layers.values().stream()
        .flatMap(ofKind -> ofKind.values().stream())
        .map(RegisteredLayer::describe)
        .sorted(Comparator.comparing(LayerDescription::kind).thenComparing(LayerDescription::name))
        .toList();
  }

  /** A kind as it is called in messages, such as {@code layer}. */
  public static String word(LayerDefinition.Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  static String title(Kind kind, String name) {
    return word(kind) + " '" + name + "'";
  }

  private SortedMap<String, RegisteredLayer> ofKind(Kind kind) {
    return layers.getOrDefault(kind, new TreeMap<>());
  }
}
