package io.colubrid.runtime.report;

import java.util.Locale;

/** Numbers as people read them in a table: grouped, or with a prefix, and never in exponents. */
final class NumberText {
  static final String NONE = "–";
  private static final String[] DECIMAL = {"", "k", "M", "G", "T", "P", "E"};
  private static final String[] BINARY = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  private static final double DECIMAL_STEP = 1000;
  private static final double BINARY_STEP = 1024;

  private NumberText() {}

  /** 1234567 as {@code 1,234,567}. */
  static String grouped(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** Rounded to whole numbers from 100 on, to three digits below. */
  static String rate(double value) {
    if (!Double.isFinite(value)) {
      return NONE;
    }
    return Math.abs(value) >= 100 ? grouped(Math.round(value)) : threeDigits(value);
  }

  static String fixed(double value, int decimals) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%." + decimals + "f", value) : NONE;
  }

  /** 2469000 as {@code 2.47 M}. */
  static String decimal(double value) {
    return scaled(value, DECIMAL_STEP, DECIMAL);
  }

  /** 8192 as {@code 8.00 KiB}. */
  static String bytes(double value) {
    return scaled(value, BINARY_STEP, BINARY);
  }

  private static String scaled(double value, double step, String[] units) {
    if (!Double.isFinite(value)) {
      return NONE;
    }
    double rest = value;
    int unit = 0;
    // 999.5 would be printed as 1000 of its unit: it belongs to the next.
    while (Math.abs(rest) >= step - 0.5 && unit < units.length - 1) {
      rest /= step;
      unit++;
    }
    String digits = unit == 0 && rest == Math.rint(rest) ? fixed(rest, 0) : threeDigits(rest);
    return units[unit].isEmpty() ? digits : digits + "\u00A0" + units[unit];
  }

  private static String threeDigits(double value) {
    double magnitude = Math.abs(value);
    return fixed(value, magnitude >= 99.95 ? 0 : magnitude >= 9.995 ? 1 : 2);
  }
}
