package io.colubrid.runtime.config;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import io.colubrid.spi.layer.LayerSpec;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Reads one value as the type of the record component that it fills. */
final class ValueReader {
  private final RecordReader records;
  private final SpecReader specs;
  private final Problems problems;

  ValueReader(RecordReader records, SpecReader specs, Problems problems) {
    this.records = records;
    this.specs = specs;
    this.problems = problems;
  }

  /**
   * @param fallback the default of an object that the file gives in part, or null
   * @return null if the value does not fit; then the problem was added
   */
  @Nullable Object read(
      Type type,
      AnnotatedElement marks,
      ConfigValue value,
      @Nullable ConfigValue fallback,
      String path) {
    if (Unresolved.is(value)) {
      return null;
    }
    try {
      return convert(type, marks, value, fallback, path);
    } catch (BadValueException bad) {
      problems.add(value.origin(), path, String.valueOf(bad.getMessage()));
      return null;
    }
  }

  private @Nullable Object convert(
      Type type,
      AnnotatedElement marks,
      ConfigValue value,
      @Nullable ConfigValue fallback,
      String path)
      throws BadValueException {
    Class<?> raw = RecordKey.raw(type);
    if (raw == Optional.class) {
      Object inner = read(RecordKey.argument(type, 0), marks, value, fallback, path);
      return inner == null ? null : Optional.of(inner);
    }
    if (raw == List.class) {
      return list(RecordKey.argument(type, 0), marks, value, path);
    }
    if (raw == Map.class) {
      return map(RecordKey.argument(type, 1), marks, value, path);
    }
    if (LayerSpec.class.isAssignableFrom(raw)) {
      return specs.read(marks, value, fallback, path, problems);
    }
    if (ConfigValue.class.isAssignableFrom(raw)) {
      return asIs(raw, value);
    }
    if (raw.isRecord()) {
      ConfigObject defaults = fallback instanceof ConfigObject object ? object : Values.EMPTY;
      return records.read(raw.asSubclass(Record.class), object(value), defaults, path);
    }
    return scalar(raw, marks, value);
  }

  private static Object scalar(Class<?> type, AnnotatedElement marks, ConfigValue value)
      throws BadValueException {
    if (type == String.class) {
      return string(value);
    }
    if (type == boolean.class || type == Boolean.class) {
      return bool(value);
    }
    if (type.isEnum()) {
      return constant(type, value);
    }
    if (type == OptionalInt.class) {
      return OptionalInt.of((Integer) number(int.class, marks, value));
    }
    if (type == OptionalLong.class) {
      return OptionalLong.of((Long) number(long.class, marks, value));
    }
    if (type == OptionalDouble.class) {
      return OptionalDouble.of((Double) number(double.class, marks, value));
    }
    return number(type, marks, value);
  }

  private static Number number(Class<?> type, AnnotatedElement marks, ConfigValue value)
      throws BadValueException {
    Number number = NumberText.read(value, type);
    Bounds bounds = Bounds.of(marks);
    if (!bounds.allow(number)) {
      throw new BadValueException("must be " + bounds.describe() + ", found " + Values.text(value));
    }
    return number;
  }

  private static String string(ConfigValue value) throws BadValueException {
    return switch (value.valueType()) {
      case STRING, NUMBER, BOOLEAN -> Values.text(value);
      case OBJECT, LIST, NULL -> throw BadValueException.expected("a text", value);
    };
  }

  private static Boolean bool(ConfigValue value) throws BadValueException {
    return switch (Values.text(value)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw BadValueException.expected("true or false", value);
    };
  }

  private static Object constant(Class<?> type, ConfigValue value) throws BadValueException {
    List<String> names = RecordKey.constants(type);
    int index = names.indexOf(Values.text(value));
    if (index >= 0) {
      return type.getEnumConstants()[index];
    }
    String found = BadValueException.describe(value);
    throw new BadValueException(
        "expected one of "
            + String.join(", ", names)
            + ", found "
            + found
            + NearMatch.meant(Values.text(value), names));
  }

  private @Nullable List<Object> list(
      Type element, AnnotatedElement marks, ConfigValue value, String path)
      throws BadValueException {
    if (!(value instanceof ConfigList list)) {
      throw BadValueException.expected("a list", value);
    }
    List<Object> elements = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      String at = ConfigPath.element(path, i, list.size());
      Object read = read(element, marks, list.get(i), null, at);
      if (read != null) {
        elements.add(read);
      }
    }
    return elements.size() == list.size() ? List.copyOf(elements) : null;
  }

  private @Nullable Map<String, Object> map(
      Type element, AnnotatedElement marks, ConfigValue value, String path)
      throws BadValueException {
    ConfigObject object = object(value);
    Map<String, Object> entries = new LinkedHashMap<>();
    boolean complete = true;
    for (String key : Values.keysInOrder(object)) {
      Object read = read(element, marks, Values.get(object, key), null, ConfigPath.key(path, key));
      complete &= read != null;
      if (read != null) {
        entries.put(key, read);
      }
    }
    return complete ? Collections.unmodifiableMap(entries) : null;
  }

  private static Object asIs(Class<?> type, ConfigValue value) throws BadValueException {
    if (!type.isInstance(value)) {
      throw BadValueException.expected(type == ConfigList.class ? "a list" : "an object", value);
    }
    return value;
  }

  static ConfigObject object(ConfigValue value) throws BadValueException {
    if (value.valueType() == ConfigValueType.OBJECT && value instanceof ConfigObject object) {
      return object;
    }
    throw BadValueException.expected("an object", value);
  }
}
