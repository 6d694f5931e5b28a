package io.colubrid.nn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Comparisons of what a body computes in floats with what a plain loop computes in doubles. */
final class Numbers {
  private static final int SAMPLES = 23;
  private static final double STEP = 1e-5;

  private Numbers() {}

  static double[] doubles(MemorySegment segment) {
    float[] floats = segment.toArray(JAVA_FLOAT);
    double[] doubles = new double[floats.length];
    for (int i = 0; i < floats.length; i++) {
      doubles[i] = floats[i];
    }
    return doubles;
  }

  /** The first inputs of a call; null for absent ones. */
  static double[][] inputs(FakeCall call, int count) {
    double[][] inputs = new double[count][];
    for (int i = 0; i < count; i++) {
      inputs[i] = call.hasInput(i) ? doubles(call.input(i)) : null;
    }
    return inputs;
  }

  /** ‖found − expected‖ / ‖expected‖. */
  static double error(MemorySegment found, double[] expected) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      double d = found.getAtIndex(JAVA_FLOAT, i) - expected[i];
      difference += d * d;
      norm += expected[i] * expected[i];
    }
    assertThat(found.byteSize()).isEqualTo(4L * expected.length);
    return Math.sqrt(difference / Math.max(norm, 1e-30));
  }

  /**
   * Compares the gradients of a call with central differences of a plain loop, at some elements.
   */
  static void assertGradients(
      FakeCall call, double @Nullable [][] x, UnaryOperator<double[][]> plain, double tolerance) {
    double[] arriving = doubles(call.outputGradient(0));
    for (int input = 0; input < x.length; input++) {
      if (x[input] != null && x[input].length > 0) {
        assertGradient(call.inputGradient(input), arriving, x, input, plain, tolerance);
      }
    }
  }

  private static void assertGradient(
      MemorySegment gradient,
      double[] arriving,
      double[][] x,
      int input,
      UnaryOperator<double[][]> plain,
      double tolerance) {
    int stride = Math.ceilDiv(x[input].length, SAMPLES);
    double difference = 0;
    double norm = 0;
    for (int i = x[input].length - 1; i >= 0; i -= stride) {
      double kept = x[input][i];
      x[input][i] = kept + STEP;
      double above = dot(plain.apply(x)[0], arriving);
      x[input][i] = kept - STEP;
      double below = dot(plain.apply(x)[0], arriving);
      x[input][i] = kept;
      double expected = (above - below) / (2 * STEP);
      double found = gradient.getAtIndex(JAVA_FLOAT, i);
      difference += (found - expected) * (found - expected);
      norm += expected * expected;
    }
    assertThat(Math.sqrt(difference))
        .as("gradient of input %d", input)
        .isLessThanOrEqualTo(tolerance * Math.sqrt(norm));
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
