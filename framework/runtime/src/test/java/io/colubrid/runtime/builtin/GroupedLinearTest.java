package io.colubrid.runtime.builtin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.tape.Recorder.Bodies;
import io.colubrid.engine.tape.Value;
import io.colubrid.nn.GroupedLinear;
import io.colubrid.runtime.Trial;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A product a group, of sizes that are known when it runs. */
final class GroupedLinearTest {
  private static final int GROUPS = 4;
  private static final int ROWS = 11;

  /** Groups that are empty, large, and followed by rows of nobody. */
  private static final List<int[]> OFFSETS =
      List.of(
          new int[] {0, 3, 5, 9, 11},
          new int[] {0, 0, 10, 10, 10},
          new int[] {0, 0, 0, 0, 0},
          new int[] {0, 1, 1, 1, 11});

  private static Stream<Arguments> cases() {
    return Stream.of(Bodies.FAST, Bodies.REFERENCE)
        .flatMap(
            bodies ->
                OFFSETS.stream()
                    .flatMap(
                        offsets ->
                            Stream.of(
                                Arguments.of(bodies, offsets, 5, 7, true),
                                Arguments.of(bodies, offsets, 130, 101, false))));
  }

  /** What goes in, and what comes out of it by the definition of the product. */
  private record Case(
      int[] offsets, int in, int out, double[] x, double[] weight, double[] bias, double[] dy) {
    static Case random(int[] offsets, int in, int out, boolean biased) {
      Random random = new Random(in + out);
      return new Case(
          offsets,
          in,
          out,
          Trial.normal(random, (long) ROWS * in, 1),
          Trial.normal(random, (long) GROUPS * out * in, 1 / Math.sqrt(in)),
          Trial.normal(random, biased ? (long) GROUPS * out : 0, 1),
          Trial.normal(random, (long) ROWS * out, 1));
    }

    private int group(int row) {
      int group = 0;
      while (group < GROUPS && row >= offsets[group + 1]) {
        group++;
      }
      return group;
    }

    double[] y() {
      double[] y = new double[ROWS * out];
      for (int i = 0; i < offsets[GROUPS] * out; i++) {
        int g = group(i / out);
        y[i] = bias.length == 0 ? 0 : bias[g * out + i % out];
        for (int k = 0; k < in; k++) {
          y[i] += x[i / out * in + k] * weight[(g * out + i % out) * in + k];
        }
      }
      return y;
    }

    double[] dx() {
      double[] dx = new double[ROWS * in];
      for (int i = 0; i < offsets[GROUPS] * in; i++) {
        for (int j = 0; j < out; j++) {
          dx[i] += dy[i / in * out + j] * weight[(group(i / in) * out + j) * in + i % in];
        }
      }
      return dx;
    }

    double[] weightGradient() {
      double[] gradient = new double[GROUPS * out * in];
      for (int i = 0; i < offsets[GROUPS] * out; i++) {
        for (int k = 0; k < in; k++) {
          int at = (group(i / out) * out + i % out) * in + k;
          gradient[at] += dy[i] * x[i / out * in + k];
        }
      }
      return gradient;
    }

    double[] biasGradient() {
      double[] gradient = new double[bias.length];
      for (int i = 0; i < offsets[GROUPS] * out && bias.length > 0; i++) {
        gradient[group(i / out) * out + i % out] += dy[i];
      }
      return gradient;
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void multipliesTheRowsOfEachGroupByItsMatrix(
      Bodies bodies, int[] offsets, int in, int out, boolean biased) {
    Case given = Case.random(offsets, in, out, biased);
    try (Trial trial = new Trial(bodies, 2)) {
      Ops ops = trial.recorder().ops();
      Value x = trial.variable(Shape.of(ROWS, in), given.x());
      Value weight = trial.variable(Shape.of(GROUPS, out, in), given.weight());
      Value bias = biased ? trial.variable(Shape.of(GROUPS, out), given.bias()) : null;
      Value dy = trial.floats(Shape.of(ROWS, out), given.dy());
      Value bounds = trial.ints(Shape.of(GROUPS + 1), offsets);
      Tensor y = new GroupedLinear().apply(ops, x, weight, bias, bounds);
      Value[] wanted = biased ? new Value[] {x, weight, bias} : new Value[] {x, weight};
      Map<Value, Value> gradients = trial.differentiate(ops.sumAll(ops.multiply(y, dy)), wanted);
      Tensor[] outputs =
          Stream.concat(Stream.of(y), Stream.of(wanted).map(gradients::get)).toArray(Tensor[]::new);
      Executable program = trial.prepare(outputs);
      program.run();

      assertThat(Trial.distance(trial.elements(program, y), given.y())).isLessThan(1e-4);
      assertThat(Trial.distance(trial.elements(program, gradients.get(x)), given.dx()))
          .isLessThan(1e-4);
      assertThat(
              Trial.distance(
                  trial.elements(program, gradients.get(weight)), given.weightGradient()))
          .isLessThan(1e-4);
      if (biased) {
        assertThat(
                Trial.distance(trial.elements(program, gradients.get(bias)), given.biasGradient()))
            .isLessThan(1e-4);
      }
    }
  }

  @Test
  void aRecordingFollowsTheOffsetsOfEachRun() {
    try (Trial trial = new Trial(Bodies.FAST, 2)) {
      Case given = Case.random(OFFSETS.getFirst(), 6, 5, false);
      Value x = trial.floats(Shape.of(ROWS, 6), given.x());
      Value weight = trial.floats(Shape.of(GROUPS, 5, 6), given.weight());
      Value bounds = trial.ints(Shape.of(GROUPS + 1), OFFSETS.getLast());
      Tensor y = new GroupedLinear().apply(trial.recorder().ops(), x, weight, null, bounds);
      Executable program = trial.prepare(y);
      for (int[] offsets : OFFSETS) {
        trial.setInts(bounds, offsets);
        program.run();

        double[] expected = Case.random(offsets, 6, 5, false).y();
        assertThat(Trial.distance(trial.elements(program, y), expected)).isLessThan(1e-5);
      }
    }
  }

  @Test
  void whatDoesNotFitIsRefused() {
    try (Trial trial = new Trial(Bodies.FAST, 1)) {
      Ops ops = trial.recorder().ops();
      Value x = trial.floats(Shape.of(2, 3), 1, 2, 3, 4, 5, 6);
      Value weight = trial.floats(Shape.of(1, 1, 3), 1, 1, 1);
      Value behind = trial.ints(Shape.of(2), 0, 3);
      assertThatThrownBy(() -> new GroupedLinear().apply(ops, weight, weight, null, behind))
          .isInstanceOf(ShapeException.class)
          .hasMessage("grouped-linear: x must have 2 axes, but is f32[1, 1, 3]");
      Tensor y = new GroupedLinear().apply(ops, x, weight, null, behind);
      Executable program = trial.prepare(y);
      assertThatThrownBy(program::run)
          .hasStackTraceContaining("offsets must rise from 0 to at most 2, found [0, 3]");
    }
  }
}
