package io.colubrid.runtime.builtin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.tape.Recorder.Bodies;
import io.colubrid.engine.tape.Value;
import io.colubrid.nn.SwiGlu;
import io.colubrid.runtime.Trial;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

final class SwiGluTest {
  private static final double STEP = 1e-4;

  /** Outputs and gradients of Σ weight·output. */
  private record Result(double[] product, double[] gateGradient, double[] upGradient) {}

  private static double product(double gate, double up) {
    return gate / (1 + Math.exp(-gate)) * up;
  }

  private static Result run(Bodies bodies, double[] gate, double[] up, double[] weights) {
    try (Trial trial = new Trial(bodies, 2)) {
      Shape shape = Shape.of(gate.length);
      Value g = trial.variable(shape, gate);
      Value u = trial.variable(shape, up);
      Value w = trial.floats(shape, weights);
      Ops ops = trial.recorder().ops();
      Tensor y = new SwiGlu().apply(ops, g, u);
      Map<Value, Value> gradients = trial.differentiate(ops.sumAll(ops.multiply(y, w)), g, u);
      Executable program = trial.prepare(y, gradients.get(g), gradients.get(u));
      program.run();
      return new Result(
          trial.elements(program, y),
          trial.elements(program, gradients.get(g)),
          trial.elements(program, gradients.get(u)));
    }
  }

  private static Stream<Arguments> bodiesAndLengths() {
    return Stream.of(Bodies.FAST, Bodies.REFERENCE)
        .flatMap(b -> Stream.of(1, 63, 100, 257, 40_001).map(n -> Arguments.of(b, n)));
  }

  @ParameterizedTest
  @MethodSource("bodiesAndLengths")
  void agreesWithTheFormulaAndItsFiniteDifferences(Bodies bodies, int length) {
    Random random = new Random(length);
    double[] gate = Trial.normal(random, length, 4);
    double[] up = Trial.normal(random, length, 1);
    double[] weights = Trial.normal(random, length, 1);

    Result result = run(bodies, gate, up, weights);

    double[] product = new double[length];
    double[] gateSlope = new double[length];
    double[] upSlope = new double[length];
    for (int i = 0; i < length; i++) {
      double g = gate[i];
      double u = up[i];
      product[i] = product(g, u);
      gateSlope[i] = weights[i] * (product(g + STEP, u) - product(g - STEP, u)) / (2 * STEP);
      upSlope[i] = weights[i] * (product(g, u + STEP) - product(g, u - STEP)) / (2 * STEP);
    }
    assertThat(Trial.distance(result.product, product)).isLessThan(1e-5);
    assertThat(Trial.distance(result.gateGradient, gateSlope)).isLessThan(1e-5);
    assertThat(Trial.distance(result.upGradient, upSlope)).isLessThan(1e-5);
  }

  @ParameterizedTest
  @EnumSource(names = {"FAST", "REFERENCE"})
  void staysFiniteAtBothEndsAndKeepsNaN(Bodies bodies) {
    double[] gate = new double[40];
    Arrays.setAll(gate, i -> i % 2 == 0 ? -500 : 500);
    double[] ones = IntStream.range(0, 40).mapToDouble(i -> 1).toArray();

    Result result = run(bodies, gate, ones, ones);

    double[] expected = Arrays.stream(gate).map(g -> Math.max(g, 0)).toArray();
    assertThat(Trial.distance(result.product, expected)).isLessThan(1e-4);
    assertThat(Trial.distance(result.upGradient, expected)).isLessThan(1e-4);
    double[] slopes = Arrays.stream(gate).map(g -> g > 0 ? 1 : 0).toArray();
    assertThat(Trial.distance(result.gateGradient, slopes)).isLessThan(1e-4);

    gate[3] = Double.NaN;
    gate[39] = Double.NaN;
    Result spoilt = run(bodies, gate, ones, ones);
    for (double[] part : List.of(spoilt.product, spoilt.gateGradient, spoilt.upGradient)) {
      assertThat(IntStream.range(0, 40).filter(i -> Double.isNaN(part[i]))).containsExactly(3, 39);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FAST", "REFERENCE"})
  void givesOneGradientWhereOnlyOneIsWanted(Bodies bodies) {
    try (Trial trial = new Trial(bodies, 1)) {
      Value gate = trial.variable(Shape.of(3), 1, 2, 3);
      Value up = trial.variable(Shape.of(3), 4, 5, 6);
      Ops ops = trial.recorder().ops();
      Tensor y = new SwiGlu().apply(ops, ops.stopGradient(gate), up);
      Value gradient = trial.differentiate(ops.sumAll(y), up).get(up);
      Executable program = trial.prepare(gradient);
      program.run();

      double[] expected = {product(1, 1), product(2, 1), product(3, 1)};
      assertThat(Trial.distance(trial.elements(program, gradient), expected)).isLessThan(1e-6);
    }
  }

  @Test
  void refusesShapesThatDiffer() {
    List<TensorType> types = List.of(TensorType.f32(2, 3), TensorType.f32(3, 2));

    assertThatThrownBy(() -> new SwiGlu().outputs(types))
        .isInstanceOf(ShapeException.class)
        .hasMessage(
            "swiglu: gate and up must be floating and alike, but are f32[2, 3] and f32[3, 2]");
  }
}
