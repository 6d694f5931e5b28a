package io.colubrid.runtime.config;

import io.colubrid.spi.config.Positive;
import io.colubrid.spi.config.Range;
import java.lang.reflect.AnnotatedElement;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** The bounds that {@link Range} and {@link Positive} put on a number. */
public record Bounds(double min, double max, boolean positive) {

  /** The bounds marked on a record component. */
  public static Bounds of(AnnotatedElement marks) {
    Range range = marks.getAnnotation(Range.class);
    double min = range == null ? Double.NEGATIVE_INFINITY : range.min();
    double max = range == null ? Double.POSITIVE_INFINITY : range.max();
    return new Bounds(min, max, marks.isAnnotationPresent(Positive.class));
  }

  boolean allow(Number number) {
    double value = number.doubleValue();
    return value >= min && value <= max && (!positive || value > 0);
  }

  /** Such as "greater than 0" or "between 0 and 1"; null without bounds. */
  public @Nullable String describe() {
    boolean below = min > Double.NEGATIVE_INFINITY;
    boolean above = max < Double.POSITIVE_INFINITY;
    if (positive) {
      return above ? "greater than 0 and at most " + text(max) : "greater than 0";
    }
    if (below && above) {
      return "between " + text(min) + " and " + text(max);
    }
    if (below) {
      return "at least " + text(min);
    }
    return above ? "at most " + text(max) : null;
  }

  private static String text(double bound) {
    return BigDecimal.valueOf(bound).stripTrailingZeros().toPlainString();
  }
}
