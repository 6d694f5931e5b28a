package io.colubrid.runtime.config;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import io.colubrid.spi.layer.LayerSpec;
import java.util.List;

/**
 * Checks that defaults fit their record: a value or null for every component, and nothing else.
 * Layers inside are not checked, since they may come from another plugin.
 */
public final class DefaultsCheck {
  private static final SpecReader ANY_LAYER = (marks, value, fallback, path, found) -> () -> "any";

  private final Problems problems;
  private final ValueReader values;

  public DefaultsCheck(Problems problems) {
    this.problems = problems;
    this.values = new ValueReader(new RecordReader(ANY_LAYER, problems), ANY_LAYER, problems);
  }

  /** Adds what is wrong with the defaults of a record. */
  public void check(Class<? extends Record> type, ConfigObject defaults, String path) {
    List<RecordKey> keys = RecordKey.of(type);
    List<String> names = keys.stream().map(RecordKey::name).toList();
    for (RecordKey key : keys) {
      checkKey(key, defaults, ConfigPath.key(path, key.name()));
    }
    for (String name : Values.keysInOrder(defaults)) {
      if (!names.contains(name)) {
        String message = type.getSimpleName() + " has no component for the key '" + name + "'";
        problems.add(
            Values.get(defaults, name).origin(), path, message + NearMatch.hint(name, names));
      }
    }
  }

  private static boolean isLayer(Class<?> raw) {
    return LayerSpec.class.isAssignableFrom(raw);
  }

  private void checkKey(RecordKey key, ConfigObject defaults, String path) {
    ConfigValue value = defaults.get(key.name());
    Class<?> raw = RecordKey.raw(key.type());
    if (value == null) {
      problems.add(defaults.origin(), path, "is missing; write its default, or null for none");
    } else if (value instanceof ConfigObject object && raw.isRecord() && !isLayer(raw)) {
      check(raw.asSubclass(Record.class), object, path);
    } else if (!Values.isNull(value)) {
      values.read(key.type(), key.marks(), value, null, path);
    }
  }
}
