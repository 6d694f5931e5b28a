package io.colubrid.runtime.config;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import io.colubrid.spi.layer.LayerSpec;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What a key takes, in words.
 *
 * @param name as in a listing, such as {@code integer}
 * @param phrase as in a sentence, such as {@code an integer}
 */
public record KeyType(String name, String phrase) {

  /** The words for the type of a record component. */
  public static KeyType of(Type type) {
    Class<?> raw = RecordKey.raw(type);
    if (raw == Optional.class) {
      return of(RecordKey.argument(type, 0));
    }
    if (raw == List.class) {
      String element = of(RecordKey.argument(type, 0)).name;
      return new KeyType("list of " + element, "a list of " + element);
    }
    if (raw == Map.class) {
      String element = of(RecordKey.argument(type, 1)).name;
      return new KeyType("named " + element, "an object of named " + element);
    }
    if (raw.isEnum()) {
      List<String> names = RecordKey.constants(raw);
      return new KeyType(String.join(" | ", names), "one of " + String.join(", ", names));
    }
    return ofPlain(raw);
  }

  private static KeyType ofPlain(Class<?> raw) {
    if (raw == double.class || raw == Double.class || raw == OptionalDouble.class) {
      return new KeyType("number", "a number");
    }
    if (raw == boolean.class || raw == Boolean.class) {
      return new KeyType("true | false", "true or false");
    }
    if (raw == String.class) {
      return new KeyType("text", "a text");
    }
    if (raw == int.class || raw == Integer.class || raw == OptionalInt.class) {
      return new KeyType("integer", "an integer");
    }
    if (raw == long.class || raw == Long.class || raw == OptionalLong.class) {
      return new KeyType("integer", "an integer");
    }
    if (LayerSpec.class.isAssignableFrom(raw)) {
      return new KeyType("layer", "a layer: an object with a type");
    }
    if (raw == ConfigList.class) {
      return new KeyType("list", "a list");
    }
    if (raw.isRecord() || raw == ConfigObject.class) {
      return new KeyType("object", "an object");
    }
    throw new IllegalArgumentException(
        "a config record cannot have a component of type " + raw.getName());
  }
}
