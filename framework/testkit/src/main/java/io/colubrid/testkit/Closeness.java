package io.colubrid.testkit;

import io.colubrid.spi.tensor.Shape;
import io.colubrid.testkit.trial.Setting;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Compares arrays. Two elements are close if they differ by no more than {@code tolerance ·
 * (|expected| + the root mean square of all expected)}, so that an element near zero is measured by
 * its neighbours.
 */
record Closeness(double tolerance) {
  /** Of two ways of computing the same in F32. */
  static final Closeness F32 = new Closeness(1e-5);

  /** Of F32 and F64, through everything a layer does. */
  static final Closeness F32_TO_F64 = new Closeness(4e-5);

  /** The same bits, but for the sign of zero. */
  static final Closeness SAME = new Closeness(0);

  /** Of two ways of computing the same in F32 on a GPU, whose exponentials are rougher. */
  static final Closeness CUDA = new Closeness(1e-4);

  // A gradient that cancels out, as that of a bias on attention's keys, is measured by the others.
  private static final double SHARE_OF_LARGEST = 1e-2;

  /** Of two ways of computing the same on a device. */
  static Closeness on(Setting setting) {
    return setting.isCuda() ? CUDA : F32;
  }

  /** What is wrong at the worst place, or null if all is close. */
  @Nullable String mismatch(String what, Shape shape, double[] expected, double[] found) {
    return mismatch(what, shape, expected, found, 0);
  }

  /** Compares gradients of parameters. */
  @Nullable String mismatch(Map<String, double[]> expected, Map<String, double[]> found) {
    double largest = 0;
    for (double[] gradient : expected.values()) {
      largest = Math.max(largest, scale(gradient));
    }
    for (Map.Entry<String, double[]> gradient : expected.entrySet()) {
      double[] elements = gradient.getValue();
      double[] other = found.getOrDefault(gradient.getKey(), new double[0]);
      String mismatch =
          mismatch(
              "gradient of " + gradient.getKey(),
              Shape.of(elements.length),
              elements,
              other,
              largest * SHARE_OF_LARGEST);
      if (mismatch != null) {
        return mismatch;
      }
    }
    return null;
  }

  private @Nullable String mismatch(
      String what, Shape shape, double[] expected, double[] found, double least) {
    if (expected.length != found.length) {
      return "%s: expected %d elements, found %d".formatted(what, expected.length, found.length);
    }
    double scale = Math.max(least, scale(expected));
    int worst = -1;
    double worstExcess = 0;
    for (int i = 0; i < expected.length; i++) {
      double allowed = tolerance * (Math.abs(expected[i]) + scale);
      double excess = Math.abs(expected[i] - found[i]) - allowed;
      if (!(excess <= worstExcess)) {
        worst = i;
        worstExcess = Double.isNaN(excess) ? Double.POSITIVE_INFINITY : excess;
      }
    }
    return worst < 0
        ? null
        : "%s at %s of %s: expected %s, found %s, off by %.3g where %.3g is allowed"
            .formatted(
                what,
                place(worst, shape),
                shape,
                (float) expected[worst],
                (float) found[worst],
                Math.abs(expected[worst] - found[worst]),
                tolerance * (Math.abs(expected[worst]) + scale));
  }

  private static double scale(double[] elements) {
    double squares = Arrays.stream(elements).map(e -> e * e).sum();
    return Math.sqrt(squares / Math.max(1, elements.length));
  }

  /** The indices of an element, such as {@code [0, 3, 15]}. */
  static String place(int index, Shape shape) {
    long[] indices = new long[shape.rank()];
    long rest = index;
    for (int axis = shape.rank() - 1; axis >= 0; axis--) {
      indices[axis] = rest % shape.dim(axis);
      rest /= shape.dim(axis);
    }
    return Arrays.toString(indices);
  }
}
