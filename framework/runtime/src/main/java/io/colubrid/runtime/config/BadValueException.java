package io.colubrid.runtime.config;

import com.typesafe.config.ConfigValue;

/** A value that does not fit its key; whoever reads the key makes a {@link Problem} of it. */
final class BadValueException extends Exception {
  private static final long serialVersionUID = 1L;
  private static final int LONGEST_QUOTE = 60;

  BadValueException(String message) {
    super(message);
  }

  static BadValueException expected(String what, ConfigValue found) {
    return new BadValueException("expected " + what + ", found " + describe(found));
  }

  /** A value as it is named in a message; texts are quoted and shortened. */
  static String describe(ConfigValue value) {
    return switch (value.valueType()) {
      case OBJECT -> "an object";
      case LIST -> "a list";
      case NULL -> "null";
      case NUMBER, BOOLEAN -> Values.text(value);
      case STRING -> quote(String.valueOf(value.unwrapped()));
    };
  }

  private static String quote(String text) {
    if (text.codePointCount(0, text.length()) <= LONGEST_QUOTE) {
      return "'" + text + "'";
    }
    return "'" + text.substring(0, text.offsetByCodePoints(0, LONGEST_QUOTE)) + "…'";
  }
}
