package io.colubrid.runtime.config;

import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A key of a config object, as a component of a record declares it.
 *
 * @param name the key in kebab case, such as {@code d-state} for the component {@code dState}
 * @param component the component that it fills
 */
public record RecordKey(String name, RecordComponent component) {
  private static final Pattern WORD_START =
      Pattern.compile("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])");
  private static final Set<Type> OPTIONAL_NUMBERS =
      Set.of(OptionalInt.class, OptionalLong.class, OptionalDouble.class);

  /** The keys of a record in the order of its components. */
  public static List<RecordKey> of(Class<? extends Record> type) {
    return Arrays.stream(type.getRecordComponents())
        .map(component -> new RecordKey(kebab(component.getName()), component))
        .toList();
  }

  /** The constants of an enum as they are written in a file. */
  public static List<String> constants(Class<?> type) {
    return Arrays.stream(type.getEnumConstants()).map(c -> constant((Enum<?>) c)).toList();
  }

  /** An enum constant as it is written in a file: {@code PRE_NORM} is {@code pre-norm}. */
  public static String constant(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Whether the key may be absent although it has no default. */
  public boolean optional() {
    return OPTIONAL_NUMBERS.contains(type())
        || raw(type()) == Optional.class
        || component.getAnnotatedType().isAnnotationPresent(Nullable.class);
  }

  public Type type() {
    return component.getGenericType();
  }

  AnnotatedElement marks() {
    return component;
  }

  static Class<?> raw(Type type) {
    Type raw = type instanceof ParameterizedType generic ? generic.getRawType() : type;
    if (raw instanceof Class<?> plain) {
      return plain;
    }
    throw new IllegalArgumentException("a config record cannot have a component of type " + type);
  }

  /** Type argument of a generic type, such as T of List of T. */
  static Type argument(Type type, int index) {
    if (type instanceof ParameterizedType generic) {
      return generic.getActualTypeArguments()[index];
    }
    throw new IllegalArgumentException("write " + type.getTypeName() + " with its type argument");
  }

  private static String kebab(String camel) {
    return WORD_START.matcher(camel).replaceAll("-").toLowerCase(Locale.ROOT);
  }
}
