package io.colubrid.runtime.builtin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.tape.Recorder.Bodies;
import io.colubrid.engine.tape.Value;
import io.colubrid.runtime.Trial;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

final class AdamWStepTest {
  private static final AdamWStep STEP = new AdamWStep(0.9, 0.95, 1e-8, 0.1);
  private static final double FACTOR = 0.5;

  /** A parameter with its slots in a program of one step. */
  private static final class Update implements AutoCloseable {
    final Trial trial;
    final Value value;
    final Value gradient;
    final Value mean;
    final Value meanSquare;
    final Value control;
    final Value copy;
    final Executable program;

    Update(AdamWStep step, Bodies bodies, int threads, Shape shape) {
      trial = new Trial(bodies, threads);
      Random random = new Random(3);
      value = trial.floats(shape, Trial.normal(random, shape.elements(), 1));
      gradient = trial.floats(shape, Trial.normal(random, shape.elements(), 1));
      mean = trial.floats(shape, new double[0]);
      meanSquare = trial.floats(shape, new double[0]);
      control = trial.floats(Shape.of(4), new double[0]);
      copy = trial.halves(shape);
      trial.recorder().ops().apply(step, value, gradient, mean, meanSquare, control, copy);
      program = trial.prepare();
    }

    void run(double learningRate, int update, double proceed) {
      trial.set(control, learningRate, update, FACTOR, proceed);
      program.run();
    }

    List<double[]> state() {
      return List.of(trial.get(value), trial.get(mean), trial.get(meanSquare));
    }

    @Override
    public void close() {
      trial.close();
    }
  }

  /** The textbook, one number at a time. */
  private static final class Plain {
    double w;
    double m;
    double v;

    void step(AdamWStep step, double gradient, double learningRate, int update) {
      double g = gradient * FACTOR;
      m = step.beta1() * m + (1 - step.beta1()) * g;
      v = step.beta2() * v + (1 - step.beta2()) * g * g;
      double mHat = m / (1 - Math.pow(step.beta1(), update));
      double vHat = v / (1 - Math.pow(step.beta2(), update));
      w -= learningRate * step.weightDecay() * w;
      w -= learningRate * mHat / (Math.sqrt(vHat) + step.epsilon());
    }
  }

  private static Stream<Arguments> bodiesAndShapes() {
    List<Shape> shapes =
        List.of(Shape.of(1), Shape.of(63), Shape.of(4, 25), Shape.of(257, 129), Shape.scalar());
    return Stream.of(Bodies.FAST, Bodies.REFERENCE)
        .flatMap(bodies -> shapes.stream().map(shape -> Arguments.of(bodies, shape)));
  }

  @ParameterizedTest
  @MethodSource("bodiesAndShapes")
  void agreesWithTheTextbookOverManySteps(Bodies bodies, Shape shape) {
    try (Update update = new Update(STEP, bodies, 2, shape)) {
      int count = Math.toIntExact(shape.elements());
      Plain[] plain = new Plain[count];
      double[] start = update.trial.get(update.value);
      for (int i = 0; i < count; i++) {
        plain[i] = new Plain();
        plain[i].w = start[i];
      }
      Random random = new Random(11);
      for (int step = 1; step <= 6; step++) {
        double learningRate = 0.01 * step;
        update.trial.set(update.gradient, Trial.normal(random, count, 3));
        double[] gradient = update.trial.get(update.gradient);
        update.run(learningRate, step, 1);
        for (int i = 0; i < count; i++) {
          plain[i].step(STEP, gradient[i], learningRate, step);
        }
      }
      List<double[]> state = update.state();
      assertThat(Trial.distance(state.get(0), all(plain, p -> p.w))).isLessThan(2e-6);
      assertThat(Trial.distance(state.get(1), all(plain, p -> p.m))).isLessThan(1e-6);
      assertThat(Trial.distance(state.get(2), all(plain, p -> p.v))).isLessThan(4e-6);
      assertThat(update.trial.get(update.copy)).isEqualTo(rounded(state.get(0)));
    }
  }

  /** To the nearest number of BF16, ties to even. */
  private static double[] rounded(double[] values) {
    double[] rounded = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      int bits = Float.floatToRawIntBits((float) values[i]);
      bits = (bits + 0x7FFF + ((bits >>> 16) & 1)) & 0xFFFF0000;
      rounded[i] = Float.intBitsToFloat(bits);
    }
    return rounded;
  }

  private static double[] all(Plain[] plain, ToDoubleFunction<Plain> part) {
    return Arrays.stream(plain).mapToDouble(part).toArray();
  }

  @ParameterizedTest
  @EnumSource(names = {"FAST", "REFERENCE"})
  void theFirstStepIsTheLearningRateInSizeWhateverBeta(Bodies bodies) {
    AdamWStep slow = new AdamWStep(0.999, 0.99999, 1e-12, 0);
    try (Update update = new Update(slow, bodies, 1, Shape.of(100))) {
      double[] before = update.trial.get(update.value);
      double[] gradient = update.trial.get(update.gradient);

      update.run(0.125, 1, 1);

      double[] expected = new double[before.length];
      Arrays.setAll(expected, i -> before[i] - 0.125 * Math.signum(gradient[i]));
      assertThat(Trial.distance(update.trial.get(update.value), expected)).isLessThan(1e-5);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FAST", "REFERENCE"})
  void changesNotABitWhenToldNotToProceed(Bodies bodies) {
    try (Update update = new Update(STEP, bodies, 2, Shape.of(100))) {
      update.run(0.1, 1, 1);
      List<double[]> before = update.state();
      double[] bad = new double[100];
      Arrays.fill(bad, Double.NaN);
      update.trial.set(update.gradient, bad);

      update.run(0.1, 2, 0);

      List<double[]> after = update.state();
      for (int i = 0; i < before.size(); i++) {
        assertThat(after.get(i)).isEqualTo(before.get(i)).doesNotContain(Double.NaN);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FAST", "REFERENCE"})
  void decayShrinksAWeightWithoutGradient(Bodies bodies) {
    try (Update update = new Update(STEP, bodies, 1, Shape.of(63))) {
      double[] before = update.trial.get(update.value);
      update.trial.set(update.gradient, new double[63]);

      update.run(0.5, 1, 1);

      double[] expected = Arrays.stream(before).map(x -> 0.95 * x).toArray();
      assertThat(Trial.distance(update.trial.get(update.value), expected)).isLessThan(1e-6);
    }
  }

  @Test
  void givesTheSameBitsOnAnyNumberOfThreads() {
    Shape shape = Shape.of(100_003);
    try (Update alone = new Update(STEP, Bodies.FAST, 1, shape);
        Update together = new Update(STEP, Bodies.FAST, 3, shape)) {
      assertThat(alone.program.program().nodes())
          .as("the body runs, not the definition")
          .hasSize(1);
      alone.run(0.1, 1, 1);
      together.run(0.1, 1, 1);

      assertThat(together.trial.get(together.value)).isEqualTo(alone.trial.get(alone.value));
    }
  }

  @Test
  void refusesTensorsThatDoNotFitTheValue() {
    TensorType value = TensorType.f32(3, 4);
    TensorType control = TensorType.f32(4);

    TensorType copy = value.withDtype(DType.BF16);
    assertThat(STEP.outputs(Arrays.asList(value, value, value, value, control, null)))
        .containsExactly(value, value, value);
    assertThat(STEP.outputs(List.of(value, value, value, value, control, copy)))
        .containsExactly(value, value, value, copy);
    assertThatThrownBy(
            () -> STEP.outputs(List.of(value, TensorType.f32(4, 3), value, value, control, copy)))
        .isInstanceOf(ShapeException.class)
        .hasMessage("adamw: the value is f32[3, 4], but a slot or gradient is f32[4, 3]");
    assertThatThrownBy(() -> STEP.outputs(List.of(value, value, value, value, value, copy)))
        .isInstanceOf(ShapeException.class)
        .hasMessage("adamw: the control must be [4], not f32[3, 4]");
    assertThatThrownBy(() -> STEP.outputs(List.of(value, value, value, value, control, value)))
        .isInstanceOf(ShapeException.class)
        .hasMessage("adamw: f32[3, 4] is no bf16 copy of f32[3, 4]");
  }
}
