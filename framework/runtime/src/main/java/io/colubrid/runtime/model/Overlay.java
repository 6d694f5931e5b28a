package io.colubrid.runtime.model;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Lays one object over another as HOCON does, with one difference: where the {@code type} changes,
 * nothing of the object below is kept, since its keys belong to another layer. An object whose keys
 * are indices changes elements of a list, as in {@code branches.1.d-state = 32}.
 */
final class Overlay {
  private static final String TYPE = "type";

  private Overlay() {}

  static ConfigObject of(ConfigObject below, ConfigObject above) {
    ConfigObject merged = below;
    for (Map.Entry<String, ConfigValue> entry : above.entrySet()) {
      ConfigValue value = merge(below.get(entry.getKey()), entry.getValue());
      merged = merged.withValue(entry.getKey(), value);
    }
    return merged;
  }

  /** A layer written as its type alone, as an object. */
  static @Nullable ConfigObject typed(ConfigValue value) {
    if (value instanceof ConfigObject object) {
      return object;
    }
    if (value.valueType() != ConfigValueType.STRING) {
      return null;
    }
    return ConfigValueFactory.fromMap(Map.of(TYPE, value)).withOrigin(value.origin());
  }

  private static ConfigValue merge(@Nullable ConfigValue below, ConfigValue above) {
    if (below == null || !(above instanceof ConfigObject object)) {
      return above;
    }
    if (below instanceof ConfigList list && hasIndicesOf(list, object)) {
      return elements(list, object);
    }
    ConfigObject base = typed(below);
    return base == null || changesType(base, object) ? above : of(base, object);
  }

  private static boolean hasIndicesOf(ConfigList list, ConfigObject object) {
    IntStream found =
        IntStream.range(0, list.size()).filter(i -> object.containsKey(String.valueOf(i)));
    return !object.isEmpty() && found.count() == object.size();
  }

  private static ConfigValue elements(ConfigList below, ConfigObject above) {
    List<ConfigValue> merged = new ArrayList<>(below);
    for (int i = 0; i < merged.size(); i++) {
      ConfigValue element = above.get(String.valueOf(i));
      if (element != null) {
        merged.set(i, merge(merged.get(i), element));
      }
    }
    return ConfigValueFactory.fromIterable(merged).withOrigin(below.origin());
  }

  static boolean changesType(ConfigObject below, ConfigObject above) {
    ConfigValue before = below.get(TYPE);
    ConfigValue after = above.get(TYPE);
    return after != null && before != null && !after.unwrapped().equals(before.unwrapped());
  }
}
