package io.colubrid.runtime.config;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Writes a record with every key, so that what was read can be read again whatever the defaults are
 * by then. {@link RecordReader} reads back an equal record.
 */
public final class RecordWriter {
  private RecordWriter() {}

  /** The record as a config object; absent values are null. */
  public static ConfigObject write(Record record) {
    Map<String, @Nullable Object> keys = new LinkedHashMap<>();
    for (RecordKey key : RecordKey.of(record.getClass())) {
      keys.put(key.name(), value(component(key, record)));
    }
    return ConfigValueFactory.fromMap(keys);
  }

  private static @Nullable Object component(RecordKey key, Record record) {
    try {
      key.component().getAccessor().setAccessible(true);
      return key.component().getAccessor().invoke(record);
    } catch (ReflectiveOperationException unreadable) {
      throw new IllegalStateException("cannot read " + key.name() + " of " + record, unreadable);
    }
  }

  private static @Nullable Object value(@Nullable Object value) {
    return switch (value) {
      case null -> null;
      case ConfigValue as -> as;
      case ConfiguredSpec spec -> spec(spec);
      case Record inner -> write(inner);
      case Enum<?> constant -> RecordKey.constant(constant);
      case Optional<?> optional -> value(optional.orElse(null));
      case OptionalInt number -> number.isPresent() ? number.getAsInt() : null;
      case OptionalLong number -> number.isPresent() ? number.getAsLong() : null;
      case OptionalDouble number -> number.isPresent() ? number.getAsDouble() : null;
      case List<?> list -> list.stream().map(RecordWriter::value).toList();
      case Map<?, ?> map -> map(map);
      default -> value;
    };
  }

  private static Map<String, @Nullable Object> map(Map<?, ?> map) {
    Map<String, @Nullable Object> written = new LinkedHashMap<>();
    map.forEach((key, value) -> written.put(String.valueOf(key), value(value)));
    return written;
  }

  private static ConfigObject spec(ConfiguredSpec spec) {
    return write(spec.config()).withValue("type", ConfigValueFactory.fromAnyRef(spec.type()));
  }
}
