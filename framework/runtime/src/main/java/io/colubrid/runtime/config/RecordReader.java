package io.colubrid.runtime.config;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import io.colubrid.spi.layer.InvalidLayerException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Fills records from HOCON. A component {@code dState} is the key {@code d-state}.
 *
 * <p>Components may be int, long, double, boolean, String, an enum, a record, a {@code LayerSpec},
 * a ConfigObject or ConfigList as it stands, List or Map (from String) of these, and Optional,
 * OptionalInt, OptionalLong, OptionalDouble or a nullable type where a key may be absent.
 */
public final class RecordReader {
  private static final Object BAD = new Object();

  private final Problems problems;
  private final ValueReader values;

  public RecordReader(SpecReader specs, Problems problems) {
    this.problems = problems;
    this.values = new ValueReader(this, specs, problems);
  }

  /**
   * @param given what the file says
   * @param defaults values of keys that the file leaves out; null values stand for no default
   * @param path where the object stands, for messages
   * @return null if a value is missing or wrong; then that was added. Keys that nothing reads are
   *     added as well, but the rest can still be checked
   */
  public <R extends Record> @Nullable R read(
      Class<R> type, ConfigObject given, ConfigObject defaults, String path) {
    List<RecordKey> keys = RecordKey.of(type);
    reportUnknownKeys(keys, given, path);
    Object[] arguments =
        keys.stream().map(key -> argument(key, given, defaults, path)).toArray(Object[]::new);
    if (Arrays.asList(arguments).contains(BAD)) {
      return null;
    }
    return construct(type, arguments, given, path);
  }

  private void reportUnknownKeys(List<RecordKey> keys, ConfigObject given, String path) {
    List<String> names = keys.stream().map(RecordKey::name).toList();
    for (String key : Values.keysInOrder(given)) {
      if (!names.contains(key)) {
        String message = "no key '" + key + "'" + NearMatch.hint(key, names);
        problems.add(Values.get(given, key).origin(), path, message);
      }
    }
  }

  private @Nullable Object argument(
      RecordKey key, ConfigObject given, ConfigObject defaults, String path) {
    String at = ConfigPath.key(path, key.name());
    ConfigValue fallback = Values.find(defaults, key.name());
    ConfigValue written = given.get(key.name());
    if (written != null && Unresolved.is(written)) {
      return BAD;
    }
    if (written != null && Values.isNull(written) && key.optional()) {
      return absent(key);
    }
    ConfigValue value = written != null && !Values.isNull(written) ? written : fallback;
    if (value == null) {
      return key.optional() ? absent(key) : missing(key, written, given, at);
    }
    Object read = values.read(key.type(), key.marks(), value, fallback, at);
    return read == null ? BAD : read;
  }

  private Object missing(
      RecordKey key, @Nullable ConfigValue written, ConfigObject given, String at) {
    String is = written == null ? "is missing" : "is null";
    String expected = KeyType.of(key.type()).phrase();
    problems.add((written == null ? given : written).origin(), at, is + "; expected " + expected);
    return BAD;
  }

  private static @Nullable Object absent(RecordKey key) {
    Class<?> type = RecordKey.raw(key.type());
    if (type == Optional.class) {
      return Optional.empty();
    }
    if (type == OptionalInt.class) {
      return OptionalInt.empty();
    }
    if (type == OptionalLong.class) {
      return OptionalLong.empty();
    }
    return type == OptionalDouble.class ? OptionalDouble.empty() : null;
  }

  private <R extends Record> @Nullable R construct(
      Class<R> type, @Nullable Object[] arguments, ConfigObject given, String path) {
    Class<?>[] parameters =
        Arrays.stream(type.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    try {
      Constructor<R> constructor = type.getDeclaredConstructor(parameters);
      constructor.setAccessible(true);
      return constructor.newInstance(arguments);
    } catch (InvocationTargetException thrown) {
      reject(thrown.getCause(), given, path);
      return null;
    } catch (ReflectiveOperationException cannot) {
      throw new IllegalStateException("cannot make a " + type.getName(), cannot);
    }
  }

  /** The record's own constructor refused what the keys say together. */
  private void reject(@Nullable Throwable cause, ConfigObject given, String path) {
    if (cause instanceof InvalidLayerException invalid) {
      problems.add(
          originOf(given, invalid.key()), ConfigPath.key(path, invalid.key()), text(cause));
    } else if (cause instanceof IllegalArgumentException) {
      problems.add(given.origin(), path, text(cause));
    } else if (cause instanceof Error error) {
      throw error;
    } else {
      problems.add(given.origin(), path, "refused with " + cause);
    }
  }

  private static com.typesafe.config.ConfigOrigin originOf(ConfigObject object, String key) {
    ConfigValue value = object.get(key);
    return (value == null ? object : value).origin();
  }

  private static String text(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? "refused with " + cause.getClass().getName() : message;
  }
}
