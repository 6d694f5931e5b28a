package io.colubrid.runtime.verify;

import io.colubrid.spi.tensor.Shape;
import java.util.Arrays;

/**
 * How far a tensor is from its reference.
 *
 * @param kind what it is
 * @param name its name in the reference
 * @param error ‖out − ref‖/‖ref‖; NaN if anything in it is
 * @param tolerance the largest error that passes
 * @param place index of the element that is farthest off
 * @param found that element
 * @param expected what it should be
 */
public record Deviation(
    Kind kind,
    String name,
    double error,
    double tolerance,
    String place,
    double found,
    double expected) {
  /** What is compared. */
  public enum Kind {
    LOGITS,
    LOSS,
    HIDDEN_STATE,
    GRADIENT
  }

  /**
   * @throws IllegalArgumentException if the two have different numbers of elements
   */
  static Deviation of(
      Kind kind, String name, double tolerance, Shape shape, double[] out, double[] reference) {
    if (out.length != reference.length) {
      throw new IllegalArgumentException(
          "%s: %d elements against %d".formatted(name, out.length, reference.length));
    }
    double square = 0;
    double scale = 0;
    int worst = 0;
    double most = -1;
    for (int i = 0; i < out.length; i++) {
      double difference = Math.abs(out[i] - reference[i]);
      square += difference * difference;
      scale += reference[i] * reference[i];
      if (difference > most || (Double.isNaN(difference) && !Double.isNaN(most))) {
        most = difference;
        worst = i;
      }
    }
    double error = square == 0 ? 0 : Math.sqrt(square / scale);
    return new Deviation(
        kind, name, error, tolerance, index(shape, worst), out[worst], reference[worst]);
  }

  /** Whether it is within tolerance. */
  public boolean passes() {
    return error <= tolerance;
  }

  /** The error as a share of what passes; infinite for NaN. */
  public double severity() {
    return Double.isNaN(error) ? Double.POSITIVE_INFINITY : error / tolerance;
  }

  private static String index(Shape shape, long flat) {
    long[] index = new long[shape.rank()];
    long rest = flat;
    for (int axis = shape.rank() - 1; axis >= 0; axis--) {
      index[axis] = rest % shape.dim(axis);
      rest /= shape.dim(axis);
    }
    return Arrays.toString(index);
  }
}
