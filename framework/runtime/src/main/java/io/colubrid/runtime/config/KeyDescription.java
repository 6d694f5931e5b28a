package io.colubrid.runtime.config;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import io.colubrid.spi.layer.LayerSpec;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A key of a config object, for listings.
 *
 * @param key the key; keys of an inner object are joined by dots
 * @param type what it takes, such as {@code integer}
 * @param defaultValue the default as HOCON, or null if there is none
 * @param required whether a file must give it
 * @param bounds such as {@code greater than 0}, or null
 * @param documentation the comment above the key, one line
 */
public record KeyDescription(
    String key,
    String type,
    @Nullable String defaultValue,
    boolean required,
    @Nullable String bounds,
    String documentation) {

  /** The keys of a record with their defaults, in the record's order. */
  public static List<KeyDescription> of(Class<? extends Record> type, ConfigObject defaults) {
    return keys("", type, defaults).toList();
  }

  /** The comment above a value in a file, as one line; empty if there is none. */
  public static String documentation(ConfigValue value) {
    return value.origin().comments().stream().map(String::strip).collect(Collectors.joining(" "));
  }

  private static Stream<KeyDescription> keys(
      String path, Class<? extends Record> type, ConfigObject defaults) {
    return RecordKey.of(type).stream().flatMap(key -> key(path, key, defaults.get(key.name())));
  }

  private static Stream<KeyDescription> key(
      String path, RecordKey key, @Nullable ConfigValue value) {
    String name = ConfigPath.key(path, key.name());
    Class<?> raw = RecordKey.raw(key.type());
    if (value instanceof ConfigObject object && raw.isRecord() && !isLayer(raw)) {
      return keys(name, raw.asSubclass(Record.class), object);
    }
    String text = value == null ? null : text(value);
    return Stream.of(
        new KeyDescription(
            name,
            KeyType.of(key.type()).name(),
            text,
            text == null && !key.optional(),
            Bounds.of(key.marks()).describe(),
            value == null ? "" : documentation(value)));
  }

  /** A number or text as it was written. */
  private static @Nullable String text(ConfigValue value) {
    return switch (value.valueType()) {
      case NULL -> null;
      case NUMBER, BOOLEAN, STRING -> Values.text(value);
      case OBJECT, LIST -> value.render(ConfigRenderOptions.concise().setJson(false));
    };
  }

  private static boolean isLayer(Class<?> raw) {
    return LayerSpec.class.isAssignableFrom(raw);
  }
}
