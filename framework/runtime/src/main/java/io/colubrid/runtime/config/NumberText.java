package io.colubrid.runtime.config;

import com.typesafe.config.ConfigValue;
import java.math.BigDecimal;
import java.util.regex.Pattern;

/** Reads numbers from the text of a value, so that no digit is lost or cut off unseen. */
final class NumberText {
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?");

  private static final int MOST_DIGITS = 19;
  private static final String TOO_LARGE = " is too large";
  private static final String TOO_SMALL = " is too small";

  private NumberText() {}

  /** A number of the given class. Text counts too: environment variables are text. */
  static Number read(ConfigValue value, Class<?> type) throws BadValueException {
    boolean whole = type != double.class && type != Double.class;
    String expected = whole ? "an integer" : "a number";
    String text = Values.text(value);
    if (!NUMBER.matcher(text).matches()) {
      throw BadValueException.expected(expected, value);
    }
    return whole ? integer(text, type, value) : real(text);
  }

  private static Number real(String text) throws BadValueException {
    double number = Double.parseDouble(text);
    if (Double.isInfinite(number)) {
      throw new BadValueException("the number " + text + (number > 0 ? TOO_LARGE : TOO_SMALL));
    }
    return number;
  }

  private static Number integer(String text, Class<?> type, ConfigValue value)
      throws BadValueException {
    boolean small = type == int.class || type == Integer.class;
    long least = small ? Integer.MIN_VALUE : Long.MIN_VALUE;
    long most = small ? Integer.MAX_VALUE : Long.MAX_VALUE;
    BigDecimal number = exact(text);
    // Asked before anything else, since 1e999999999 has a billion digits when it is written out.
    boolean huge = (long) number.precision() - number.scale() > MOST_DIGITS;
    if (!huge && number.scale() > 0) {
      throw BadValueException.expected("an integer", value);
    }
    if (number.signum() > 0 && (huge || number.compareTo(BigDecimal.valueOf(most)) > 0)) {
      throw new BadValueException("the number " + text + TOO_LARGE + "; the most is " + most);
    }
    if (number.signum() < 0 && (huge || number.compareTo(BigDecimal.valueOf(least)) < 0)) {
      throw new BadValueException("the number " + text + TOO_SMALL + "; the least is " + least);
    }
    return small ? (Number) number.intValueExact() : (Number) number.longValueExact();
  }

  private static BigDecimal exact(String text) throws BadValueException {
    try {
      return new BigDecimal(text).stripTrailingZeros();
    } catch (NumberFormatException exponent) {
      throw new BadValueException("the exponent of " + text + TOO_LARGE);
    }
  }
}
