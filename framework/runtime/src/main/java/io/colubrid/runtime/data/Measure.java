package io.colubrid.runtime.data;

import java.util.Locale;

/**
 * A way to tell how good a model is.
 *
 * @param name such as "bits per byte"; keys of files are made of it
 * @param label the same for the head of a narrow column
 * @param better which way is better
 * @param form how a value is written
 */
public record Measure(String name, String label, Better better, Form form) {
  /** Which of two values is the better one. */
  public enum Better {
    LOWER,
    HIGHER;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How a value is written. */
  public enum Form {
    NUMBER,
    /** A share in [0, 1], written in hundredths. */
    PERCENT
  }

  /** A measure whose smaller values are better. */
  public static Measure lower(String name, String label) {
    return new Measure(name, label, Better.LOWER, Form.NUMBER);
  }

  /** The share of answers that are right. */
  public static Measure accuracy() {
    return new Measure("accuracy", "accuracy", Better.HIGHER, Form.PERCENT);
  }

  /** The key in a run's metrics: {@code held-out-bits-per-byte}. */
  public String key() {
    return "held-out-" + name.replace(' ', '-');
  }

  /** The key in a comparison's results: {@code heldOutBitsPerByte}. */
  public String jsonKey() {
    StringBuilder key = new StringBuilder("heldOut");
    for (String word : name.split(" ")) {
      key.append(Character.toUpperCase(word.charAt(0))).append(word, 1, word.length());
    }
    return key.toString();
  }

  /** The value as it is shown: hundredths for a share. */
  public double shown(double value) {
    return form == Form.PERCENT ? 100 * value : value;
  }

  /** Decimals of a shown value. */
  public int decimals() {
    return form == Form.PERCENT ? 2 : 4;
  }

  /** Such as {@code 1.2345}, or {@code 88.12 %}. */
  public String text(double value) {
    String number = String.format(Locale.ROOT, "%." + decimals() + "f", shown(value));
    return form == Form.PERCENT ? number + " %" : number;
  }
}
