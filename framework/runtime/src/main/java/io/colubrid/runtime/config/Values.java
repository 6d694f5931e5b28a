package io.colubrid.runtime.config;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Questions to values of the config library. */
public final class Values {
  public static final ConfigObject EMPTY = ConfigFactory.empty().root();

  private Values() {}

  /** The value of a key; a key that is null counts as absent, so that null takes a value away. */
  public static @Nullable ConfigValue find(ConfigObject object, String key) {
    ConfigValue value = object.get(key);
    boolean absent = value == null || (isNull(value) && !Unresolved.is(value));
    return absent ? null : value;
  }

  /** The value of a key that is there, even if it is null. */
  static ConfigValue get(ConfigObject object, String key) {
    ConfigValue value = object.get(key);
    if (value == null) {
      throw new IllegalArgumentException("no key " + key);
    }
    return value;
  }

  /**
   * Whether a value stands in for one that was reported already; readers pass over it in silence.
   */
  public static boolean isReported(ConfigValue value) {
    return Unresolved.is(value);
  }

  public static boolean isNull(ConfigValue value) {
    return value.valueType() == ConfigValueType.NULL;
  }

  /** A text, number or boolean as it was written; empty for anything else. */
  public static String text(ConfigValue value) {
    return switch (value.valueType()) {
      case NUMBER -> value.atKey("number").getString("number");
      case STRING, BOOLEAN -> String.valueOf(value.unwrapped());
      case OBJECT, LIST, NULL -> "";
    };
  }

  /** The keys as they stand in the file; the library's own order is that of a hash table. */
  public static List<String> keysInOrder(ConfigObject object) {
    return object.keySet().stream()
        .sorted(
            Comparator.<String>comparingInt(key -> get(object, key).origin().lineNumber())
                .thenComparing(Comparator.naturalOrder()))
        .toList();
  }
}
