package io.colubrid.runtime.builtin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.tape.Recorder.Bodies;
import io.colubrid.engine.tape.Value;
import io.colubrid.nn.CausalConv1d;
import io.colubrid.nn.ConvolvedProjection;
import io.colubrid.nn.ProjectedConvolution;
import io.colubrid.nn.ProjectedScan;
import io.colubrid.nn.SelectiveScan;
import io.colubrid.runtime.Trial;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Operations that have a product in them give what the product and the operation alone give. */
final class ProjectedStepsTest {
  private static final int CHANNELS = 6;
  private static final int STATES = 4;
  private static final int RANK = 3;
  private static final int LENGTH = 5;

  private final Random random = new Random(7);

  @ParameterizedTest
  @EnumSource(
      value = Bodies.class,
      names = {"FAST", "REFERENCE"})
  void aScanOfFeaturesIsAScanOfTheirProduct(Bodies bodies) {
    try (Trial trial = new Trial(bodies, 2)) {
      Ops ops = trial.recorder().ops();
      Value features = floats(trial, 1, LENGTH, RANK);
      Value weight = floats(trial, CHANNELS, RANK);
      double[] state = Trial.normal(random, CHANNELS * STATES, 1);
      SelectiveScan.Operands of = operands(trial, features, state);
      SelectiveScan scan = new SelectiveScan(true);
      SelectiveScan.Result found = new ProjectedScan(scan).apply(ops, of, weight);
      SelectiveScan.Result expected =
          scan.apply(ops, withDelta(of, ops.matmul(features, false, weight, true), trial, state));
      Tensor foundState = Objects.requireNonNull(found.state());
      Tensor expectedState = Objects.requireNonNull(expected.state());
      agree(trial, List.of(found.y(), foundState), List.of(expected.y(), expectedState));
    }
  }

  private SelectiveScan.Operands operands(Trial trial, Value delta, double[] state) {
    return new SelectiveScan.Operands(
        floats(trial, 1, LENGTH, CHANNELS),
        delta,
        floats(trial, CHANNELS, STATES),
        floats(trial, 1, LENGTH, STATES),
        floats(trial, 1, LENGTH, STATES),
        floats(trial, CHANNELS),
        floats(trial, 1, LENGTH, CHANNELS),
        floats(trial, CHANNELS),
        trial.floats(Shape.of(1, CHANNELS, STATES), state),
        null);
  }

  /** The same scan, of another state of the same elements. */
  private static SelectiveScan.Operands withDelta(
      SelectiveScan.Operands of, Tensor delta, Trial trial, double[] state) {
    return new SelectiveScan.Operands(
        of.u(),
        delta,
        of.aLog(),
        of.b(),
        of.c(),
        of.skip(),
        of.gate(),
        of.deltaBias(),
        trial.floats(Shape.of(1, CHANNELS, STATES), state),
        null);
  }

  @ParameterizedTest
  @EnumSource(
      value = Bodies.class,
      names = {"FAST", "REFERENCE"})
  void someColumnsOfAProductAreConvolved(Bodies bodies) {
    int first = 2;
    int out = 9;
    try (Trial trial = new Trial(bodies, 2)) {
      Ops ops = trial.recorder().ops();
      Value x = floats(trial, 1, LENGTH, RANK);
      Value weight = floats(trial, out, RANK);
      Value taps = floats(trial, CHANNELS, 1, 4);
      Value bias = floats(trial, CHANNELS);
      double[] tail = Trial.normal(random, 3 * CHANNELS, 1);
      Shape tailShape = Shape.of(1, 3, CHANNELS);
      CausalConv1d conv = new CausalConv1d(true);
      CausalConv1d.Result found =
          new ProjectedConvolution(conv, first)
              .apply(ops, x, weight, taps, bias, trial.floats(tailShape, tail));
      List<Tensor> parts =
          ops.split(ops.matmul(x, false, weight, true), 2, first, CHANNELS, out - first - CHANNELS);
      CausalConv1d.Result expected =
          conv.apply(ops, parts.get(1), taps, bias, trial.floats(tailShape, tail), null);
      Tensor all = ops.concat(2, List.of(parts.get(0), expected.y(), parts.get(2)));
      agree(
          trial,
          List.of(found.y(), Objects.requireNonNull(found.tail())),
          List.of(all, Objects.requireNonNull(expected.tail())));
    }
  }

  @Test
  void aProductWithoutRoomForTheConvolutionIsRefused() {
    try (Trial trial = new Trial(Bodies.FAST, 1)) {
      Value x = floats(trial, 1, LENGTH, RANK);
      Value weight = floats(trial, 7, RANK);
      Value taps = floats(trial, CHANNELS, 1, 4);
      Value tail = floats(trial, 1, 3, CHANNELS);
      ProjectedConvolution op = new ProjectedConvolution(new CausalConv1d(true), 2);
      assertThatThrownBy(() -> op.apply(trial.recorder().ops(), x, weight, taps, null, tail))
          .isInstanceOf(ShapeException.class)
          .hasMessageContaining("6 columns for the convolution from 2 on");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Bodies.class,
      names = {"FAST", "REFERENCE"})
  void whatIsConvolvedIsMultiplied(Bodies bodies) {
    try (Trial trial = new Trial(bodies, 2)) {
      Ops ops = trial.recorder().ops();
      Value x = floats(trial, 2, LENGTH, CHANNELS);
      Value weight = floats(trial, 7, CHANNELS);
      Value taps = floats(trial, CHANNELS, 1, 4);
      double[] tail = Trial.normal(random, 2 * 3 * CHANNELS, 1);
      Shape tailShape = Shape.of(2, 3, CHANNELS);
      CausalConv1d conv = new CausalConv1d(true);
      ConvolvedProjection.Result found =
          new ConvolvedProjection(conv, List.of(4L, 1L, 2L))
              .apply(
                  ops,
                  new ConvolvedProjection.Operands(
                      x, taps, null, trial.floats(tailShape, tail), weight));
      CausalConv1d.Result expected =
          conv.apply(ops, x, taps, null, trial.floats(tailShape, tail), null);
      List<Tensor> parts = ops.split(ops.matmul(expected.y(), false, weight, true), 2, 4, 1, 2);
      agree(
          trial,
          Stream.concat(
                  found.parts().stream(),
                  Stream.of(found.y(), Objects.requireNonNull(found.tail())))
              .toList(),
          Stream.concat(
                  parts.stream(), Stream.of(expected.y(), Objects.requireNonNull(expected.tail())))
              .toList());
    }
  }

  @Test
  void partsThatDoNotAddUpAreRefused() {
    try (Trial trial = new Trial(Bodies.FAST, 1)) {
      Value x = floats(trial, 1, LENGTH, CHANNELS);
      Value weight = floats(trial, 7, CHANNELS);
      Value taps = floats(trial, CHANNELS, 1, 4);
      ConvolvedProjection op = new ConvolvedProjection(new CausalConv1d(true), List.of(4L, 2L));
      assertThatThrownBy(
              () ->
                  op.apply(
                      trial.recorder().ops(),
                      new ConvolvedProjection.Operands(x, taps, null, null, weight)))
          .isInstanceOf(ShapeException.class)
          .hasMessageContaining("parts of [4, 2] do not add up");
    }
  }

  private Value floats(Trial trial, long... shape) {
    Shape of = Shape.of(shape);
    return trial.floats(of, Trial.normal(random, of.elements(), 1));
  }

  private static void agree(Trial trial, List<Tensor> found, List<Tensor> expected) {
    Tensor[] all = Stream.concat(found.stream(), expected.stream()).toArray(Tensor[]::new);
    Executable program = trial.prepare(all);
    program.run();
    for (int i = 0; i < found.size(); i++) {
      double[] elements = trial.elements(program, expected.get(i));
      assertThat(Trial.distance(trial.elements(program, found.get(i)), elements)).isLessThan(1e-6);
    }
  }
}
