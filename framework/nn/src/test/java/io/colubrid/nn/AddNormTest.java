package io.colubrid.nn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The body for the CPU gives the formula's values, and gradients that differences confirm. */
final class AddNormTest {
  private static final double EPSILON = 1e-2;
  private static final double STEP = 1e-4;

  private final double[][] inputs = new double[4][];
  private double[] yGradient;
  private double[] sumGradient;

  @ParameterizedTest
  @CsvSource({"1, 5, false", "3, 16, true", "40, 7, true", "70, 33, false"})
  void bodyFollowsTheFormula(int rows, int width, boolean centred) {
    AddNorm norm = new AddNorm(centred, EPSILON, DType.F32);
    TensorType stream = TensorType.f32(rows, width);
    TensorType vector = TensorType.f32(width);
    List<TensorType> types = List.of(stream, stream, vector, vector);
    FakeCall call;
    try (Threads threads = new Threads(2)) {
      call = new FakeCall(norm, new AddNormCpu(norm), types, threads, true);
      for (int i = 0; i < inputs.length; i++) {
        inputs[i] = fill(call.input(i), 10 + i);
      }
      yGradient = fill(call.outputGradient(AddNorm.Y), 20);
      sumGradient = fill(call.outputGradient(AddNorm.SUM), 21);
      call.forward().backward();
    }

    double[][] expected = forward(width, centred);
    assertClose(call.output(AddNorm.Y), expected[AddNorm.Y]);
    assertClose(call.output(AddNorm.SUM), expected[AddNorm.SUM]);
    for (int input = 0; input < inputs.length; input++) {
      float[] found = FakeCall.floats(call.inputGradient(input));
      for (int i = 0; i < found.length; i += 1 + found.length / 50) {
        assertThat((double) found[i])
            .as("gradient %d of input %d", i, input)
            .isCloseTo(slope(input, i, width, centred), within(1e-3));
      }
    }
  }

  private static double[] fill(MemorySegment segment, int seed) {
    FakeCall.fill(segment, seed, 1);
    float[] floats = segment.toArray(JAVA_FLOAT);
    double[] doubles = new double[floats.length];
    Arrays.setAll(doubles, i -> floats[i]);
    return doubles;
  }

  private static void assertClose(MemorySegment found, double[] expected) {
    float[] floats = FakeCall.floats(found);
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) floats[i]).isCloseTo(expected[i], within(1e-5));
    }
  }

  private double slope(int input, int element, int width, boolean centred) {
    double before = inputs[input][element];
    inputs[input][element] = before + STEP;
    double above = objective(width, centred);
    inputs[input][element] = before - STEP;
    double below = objective(width, centred);
    inputs[input][element] = before;
    return (above - below) / (2 * STEP);
  }

  private double objective(int width, boolean centred) {
    double[][] outputs = forward(width, centred);
    double sum = 0;
    for (int i = 0; i < yGradient.length; i++) {
      sum += outputs[AddNorm.Y][i] * yGradient[i] + outputs[AddNorm.SUM][i] * sumGradient[i];
    }
    return sum;
  }

  /** y, then the sum. */
  private double[][] forward(int width, boolean centred) {
    int count = inputs[AddNorm.STREAM].length;
    double[] y = new double[count];
    double[] s = new double[count];
    Arrays.setAll(s, i -> inputs[AddNorm.STREAM][i] + inputs[AddNorm.BRANCH][i]);
    for (int row = 0; row < count; row += width) {
      double[] part = Arrays.copyOfRange(s, row, row + width);
      double mean = centred ? Arrays.stream(part).average().orElseThrow() : 0;
      double square = Arrays.stream(part).map(x -> (x - mean) * (x - mean)).average().orElseThrow();
      for (int i = 0; i < width; i++) {
        double normed = (part[i] - mean) / Math.sqrt(square + EPSILON);
        y[row + i] = normed * inputs[AddNorm.WEIGHT][i] + inputs[AddNorm.BIAS][i];
      }
    }
    return new double[][] {y, s};
  }
}
