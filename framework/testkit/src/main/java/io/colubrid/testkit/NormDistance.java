package io.colubrid.testkit;

import io.colubrid.testkit.trial.Result;
import io.colubrid.testkit.trial.Rows;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Compares whole tensors by ‖found − expected‖ ≤ tolerance · ‖expected‖, which leaves room for
 * single elements as much as one precision needs against another.
 *
 * @param tolerance relative to the norm of what is expected
 * @param moved what else is expected, of operands that differ by a rounding: what such a rounding
 *     moves far may be off by as much
 */
record NormDistance(double tolerance, List<Result> moved) {
  static final NormDistance F32 = new NormDistance(1e-4, List.of());
  static final NormDistance BF16 = new NormDistance(2e-2, List.of());

  // A gradient that cancels out, as that of a bias on attention's keys or of a factor in front of a
  // norm, is measured by the others.
  private static final double SHARE_OF_LARGEST = 0.1;

  // Operands are rounded once, but what a layer computes from them at every operation. Of a few
  // elements chance moves some far: 5.4 times as far as three draws has been seen.
  private static final double ROUNDINGS = 6;

  // A rounding may lead a router elsewhere, which moved outputs by up to 0.3 of their norm. All of
  // it
  // is what an output of zeros is off by.
  private static final double MOST_MOVED = 0.9;

  /** The same, that allows for what roundings of the operands move. */
  NormDistance beside(List<Result> moved) {
    return new NormDistance(tolerance, moved);
  }

  /** Compares outputs and all gradients; says what is too far, or null. */
  @Nullable String mismatch(Rows rows, Result expected, Result found) {
    String mismatch = outputMismatch(rows, expected, found);
    if (mismatch == null) {
      mismatch = gradientMismatch("gradient of x", expected, found, Result::inputGradient, 0);
    }
    return mismatch == null ? parameterMismatch(expected, found) : mismatch;
  }

  private @Nullable String parameterMismatch(Result expected, Result found) {
    double largest =
        expected.parameterGradients().values().stream()
            .mapToDouble(NormDistance::perElement)
            .max()
            .orElse(0);
    for (Map.Entry<String, double[]> gradient : expected.parameterGradients().entrySet()) {
      String path = gradient.getKey();
      String mismatch =
          gradientMismatch(
              "gradient of " + path,
              expected,
              found,
              result -> result.parameterGradients().getOrDefault(path, new double[0]),
              largest * SHARE_OF_LARGEST * Math.sqrt(gradient.getValue().length));
      if (mismatch != null) {
        return mismatch;
      }
    }
    return null;
  }

  /** Compares outputs alone. */
  @Nullable String outputMismatch(Rows rows, Result expected, Result found) {
    Function<Result, double[]> output = result -> rows.withoutPadding(result.output());
    double most = MOST_MOVED * norm(output.apply(expected));
    return mismatch("output", expected, found, output, 0, most);
  }

  private @Nullable String gradientMismatch(
      String what, Result expected, Result found, Function<Result, double[]> part, double least) {
    return mismatch(what, expected, found, part, least, Double.POSITIVE_INFINITY);
  }

  /**
   * @param least norm that the tolerance is of at least
   * @param most what may be allowed for what roundings move
   */
  private @Nullable String mismatch(
      String what,
      Result expected,
      Result found,
      Function<Result, double[]> part,
      double least,
      double most) {
    double[] right = part.apply(expected);
    double[] other = part.apply(found);
    if (right.length != other.length) {
      return "%s: expected %d elements, found %d".formatted(what, right.length, other.length);
    }
    double noise =
        moved.stream().mapToDouble(each -> distance(part.apply(each), right)).max().orElse(0);
    double allowed =
        Math.max(tolerance * Math.max(least, norm(right)), Math.min(ROUNDINGS * noise, most));
    double off = distance(other, right);
    return off <= allowed
        ? null
        : "%s: the whole of it is off by %.3g where %.3g is allowed, of %.3g"
            .formatted(what, off, allowed, norm(right));
  }

  private static double perElement(double[] elements) {
    return norm(elements) / Math.sqrt(Math.max(1, elements.length));
  }

  private static double distance(double[] one, double[] other) {
    double[] difference = new double[one.length];
    for (int i = 0; i < difference.length; i++) {
      difference[i] = one[i] - other[i];
    }
    return norm(difference);
  }

  private static double norm(double[] elements) {
    double squares = 0;
    for (double element : elements) {
      squares += element * element;
    }
    return Math.sqrt(squares);
  }
}
