package io.colubrid.runtime.config;

import com.typesafe.config.ConfigValue;
import java.math.BigDecimal;
import java.util.regex.Pattern;

/** Reads numbers from the text of a value, so that no digit is lost or cut off unseen. */
final class NumberText {
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?");

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
      throw new BadValueException("the number " + text + " is too large");
    }
    return number;
  }

  private static Number integer(String text, Class<?> type, ConfigValue value)
      throws BadValueException {
    boolean small = type == int.class || type == Integer.class;
    long most = small ? Integer.MAX_VALUE : Long.MAX_VALUE;
    BigDecimal number;
    try {
      number = new BigDecimal(text).stripTrailingZeros();
    } catch (NumberFormatException exponent) {
      throw new BadValueException("the number " + text + " is too large or too small");
    }
    if ((long) number.precision() - number.scale() > 19) {
      throw tooLarge(text, most);
    }
    if (number.scale() > 0) {
      throw BadValueException.expected("an integer", value);
    }
    BigDecimal limit = BigDecimal.valueOf(most);
    if (number.abs().compareTo(limit) > 0) {
      throw tooLarge(text, most);
    }
    return small ? (Number) number.intValueExact() : (Number) number.longValueExact();
  }

  private static BadValueException tooLarge(String text, long most) {
    return new BadValueException("the number " + text + " is too large; the most is " + most);
  }
}
