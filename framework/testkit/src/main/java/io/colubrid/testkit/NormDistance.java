package io.colubrid.testkit;

import io.colubrid.testkit.trial.Result;
import io.colubrid.testkit.trial.Rows;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Compares whole tensors by ‖found − expected‖ ≤ tolerance · ‖expected‖, which leaves room for
 * single elements as much as one precision needs against another.
 */
record NormDistance(double tolerance) {
  static final NormDistance F32 = new NormDistance(1e-4);
  static final NormDistance BF16 = new NormDistance(2e-2);

  // A gradient that cancels out, as that of a bias on attention's keys or of a factor in front of a
  // norm, is measured by the others.
  private static final double SHARE_OF_LARGEST = 0.1;

  /** Compares outputs and all gradients; says what is too far, or null. */
  @Nullable String mismatch(Rows rows, Result expected, Result found) {
    String output = outputMismatch(rows, expected, found);
    if (output != null) {
      return output;
    }
    String input = mismatch("gradient of x", expected.inputGradient(), found.inputGradient(), 0);
    return input != null
        ? input
        : mismatch(expected.parameterGradients(), found.parameterGradients());
  }

  /** Compares outputs alone. */
  @Nullable String outputMismatch(Rows rows, Result expected, Result found) {
    return mismatch(
        "output", rows.withoutPadding(expected.output()), rows.withoutPadding(found.output()), 0);
  }

  private @Nullable String mismatch(Map<String, double[]> expected, Map<String, double[]> found) {
    double largest =
        expected.values().stream().mapToDouble(NormDistance::perElement).max().orElse(0);
    for (Map.Entry<String, double[]> gradient : expected.entrySet()) {
      double[] elements = gradient.getValue();
      double least = largest * SHARE_OF_LARGEST * Math.sqrt(elements.length);
      double[] other = found.getOrDefault(gradient.getKey(), new double[0]);
      String mismatch = mismatch("gradient of " + gradient.getKey(), elements, other, least);
      if (mismatch != null) {
        return mismatch;
      }
    }
    return null;
  }

  private @Nullable String mismatch(String what, double[] expected, double[] found, double least) {
    if (expected.length != found.length) {
      return "%s: expected %d elements, found %d".formatted(what, expected.length, found.length);
    }
    double[] difference = new double[expected.length];
    for (int i = 0; i < difference.length; i++) {
      difference[i] = found[i] - expected[i];
    }
    double allowed = tolerance * Math.max(least, norm(expected));
    double off = norm(difference);
    return off <= allowed
        ? null
        : "%s: the whole of it is off by %.3g where %.3g is allowed, of %.3g"
            .formatted(what, off, allowed, norm(expected));
  }

  private static double perElement(double[] elements) {
    return norm(elements) / Math.sqrt(Math.max(1, elements.length));
  }

  private static double norm(double[] elements) {
    double squares = 0;
    for (double element : elements) {
      squares += element * element;
    }
    return Math.sqrt(squares);
  }
}
