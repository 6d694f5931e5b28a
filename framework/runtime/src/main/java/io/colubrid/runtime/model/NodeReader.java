package io.colubrid.runtime.model;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import io.colubrid.runtime.config.NearMatch;
import io.colubrid.runtime.config.Problems;
import io.colubrid.runtime.config.RecordReader;
import io.colubrid.runtime.config.SpecReader;
import io.colubrid.runtime.config.Values;
import io.colubrid.runtime.plugin.LayerRegistry;
import io.colubrid.runtime.plugin.RegisteredLayer;
import io.colubrid.spi.plugin.LayerDefinition.Kind;
import java.lang.reflect.AnnotatedElement;
import org.jspecify.annotations.Nullable;

/** Reads layers by their {@code type}, with the defaults of the plugin that brought it. */
public final class NodeReader implements SpecReader {
  private static final String TYPE = "type";

  private final LayerRegistry registry;

  public NodeReader(LayerRegistry registry) {
    this.registry = registry;
  }

  @Override
  public @Nullable LayerNode read(
      AnnotatedElement marks,
      ConfigValue value,
      @Nullable ConfigValue fallback,
      String path,
      Problems problems) {
    OfKind mark = marks.getAnnotation(OfKind.class);
    Kind kind = mark == null ? Kind.LAYER : mark.value();
    ConfigObject object = Overlay.typed(value);
    if (object == null) {
      problems.add(value.origin(), path, "expected { type = … }, or the type alone");
      return null;
    }
    ConfigObject base = fallback == null ? null : Overlay.typed(fallback);
    ConfigObject whole =
        base == null || Overlay.changesType(base, object)
            ? object
            : Overlay.of(base, object).withOrigin(object.origin());
    RegisteredLayer layer = find(kind, whole, path, problems);
    return layer == null ? null : node(layer, whole, path, problems);
  }

  private @Nullable RegisteredLayer find(
      Kind kind, ConfigObject object, String path, Problems problems) {
    ConfigValue type = Values.find(object, TYPE);
    if (type == null) {
      String names = NearMatch.hint("", registry.names(kind));
      problems.add(object.origin(), path, "names no type" + names);
      return null;
    }
    String name = Values.text(type);
    RegisteredLayer layer = registry.find(kind, name).orElse(null);
    if (layer == null) {
      problems.add(type.origin(), path, unknown(kind, name));
    }
    return layer;
  }

  private String unknown(Kind kind, String name) {
    for (Kind other : Kind.values()) {
      if (registry.find(other, name).isPresent()) {
        return "'"
            + name
            + "' is a "
            + LayerRegistry.word(other)
            + "; expected a "
            + LayerRegistry.word(kind);
      }
    }
    String hint = NearMatch.hint(name, registry.names(kind));
    return "no " + LayerRegistry.word(kind) + " '" + name + "'" + hint;
  }

  private @Nullable LayerNode node(
      RegisteredLayer layer, ConfigObject object, String path, Problems problems) {
    ConfigObject keys = object.withoutKey(TYPE);
    Record config =
        new RecordReader(this, problems)
            .read(layer.definition().config(), keys, layer.defaults(), path);
    return config == null ? null : new LayerNode(path, layer, config, object, problems.shown(path));
  }
}
