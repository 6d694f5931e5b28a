package io.colubrid.runtime.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.tape.Recorder.Bodies;
import io.colubrid.engine.tape.Value;
import io.colubrid.runtime.Trial;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class GlobalNormClipTest {
  private static final long[] SIZES = {1, 63, 100, 4096, 4097, 20_000};
  private static final double AVERAGING = 0.25;

  /** What the operation answers. */
  private record Answer(double[] control, double norm) {}

  private static List<double[]> gradients(double scale) {
    Random random = new Random(5);
    return Arrays.stream(SIZES).mapToObj(size -> Trial.normal(random, size, scale)).toList();
  }

  private static double norm(List<double[]> gradients) {
    double squares = 0;
    for (double[] gradient : gradients) {
      for (double x : gradient) {
        squares += x * x;
      }
    }
    return Math.sqrt(squares) * AVERAGING;
  }

  private static Answer clip(Bodies bodies, int threads, List<double[]> gradients, double maxNorm) {
    try (Trial trial = new Trial(bodies, threads)) {
      List<Value> inputs = new ArrayList<>();
      for (double[] gradient : gradients) {
        inputs.add(trial.floats(Shape.of(gradient.length), gradient));
      }
      Value settings = trial.floats(Shape.of(4), 0.5, 7, AVERAGING, maxNorm);
      var result = GlobalNormClip.apply(trial.recorder().ops(), inputs, settings);
      Executable program = trial.prepare(result.control(), result.norm());
      program.run();
      return new Answer(
          trial.elements(program, result.control()), trial.elements(program, result.norm())[0]);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FAST", "REFERENCE"})
  void leavesSmallGradientsTheirSize(Bodies bodies) {
    List<double[]> gradients = gradients(0.001);

    Answer answer = clip(bodies, 2, gradients, 1);

    assertThat(answer.control).containsExactly(0.5, 7, AVERAGING, 1);
    assertThat(answer.norm).isCloseTo(norm(gradients), within(1e-5 * norm(gradients)));
  }

  @ParameterizedTest
  @EnumSource(names = {"FAST", "REFERENCE"})
  void bringsLargeGradientsToTheLargestNorm(Bodies bodies) {
    List<double[]> gradients = gradients(30);

    Answer answer = clip(bodies, 2, gradients, 1.5);

    double factor = answer.control[UpdateControl.FACTOR];
    double clipped = factor * norm(gradients) / AVERAGING;
    assertThat(clipped).isCloseTo(1.5, within(1e-5));
    assertThat(answer.control[UpdateControl.PROCEED]).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(names = {"FAST", "REFERENCE"})
  void clipsNothingAtAnInfiniteNorm(Bodies bodies) {
    Answer answer = clip(bodies, 2, gradients(1e6), Double.POSITIVE_INFINITY);

    assertThat(answer.control).containsExactly(0.5, 7, AVERAGING, 1);
  }

  @ParameterizedTest
  @EnumSource(names = {"FAST", "REFERENCE"})
  void proceedsWithGradientsOfZero(Bodies bodies) {
    Answer answer = clip(bodies, 2, List.of(new double[5]), 1);

    assertThat(answer.control).containsExactly(0.5, 7, AVERAGING, 1);
    assertThat(answer.norm).isZero();
  }

  @ParameterizedTest
  @EnumSource(names = {"FAST", "REFERENCE"})
  void stopsTheUpdateForASingleBadElementAnywhere(Bodies bodies) {
    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY, 1e30}) {
      for (int tensor = 0; tensor < SIZES.length; tensor++) {
        List<double[]> gradients = gradients(1);
        gradients.get(tensor)[(int) SIZES[tensor] - 1] = bad;

        Answer answer = clip(bodies, 2, gradients, 1);

        assertThat(answer.control).as("%s in %d", bad, tensor).containsExactly(0.5, 7, 0, 0);
      }
    }
  }

  @Test
  void givesTheSameBitsOnAnyNumberOfThreads() {
    Answer alone = clip(Bodies.FAST, 1, gradients(2), 1);
    Answer together = clip(Bodies.FAST, 3, gradients(2), 1);

    assertThat(together.control).isEqualTo(alone.control);
    assertThat(together.norm).isEqualTo(alone.norm);
  }

  @Test
  void refusesOtherSettingsThanItsFour() {
    GlobalNormClip clip = new GlobalNormClip();

    assertThatThrownBy(() -> clip.outputs(List.of(TensorType.f32(8), TensorType.f32(3))))
        .isInstanceOf(ShapeException.class)
        .hasMessage("global-norm-clip: the last input must be the settings f32[4], not f32[3]");
    assertThatThrownBy(() -> clip.outputs(List.of(TensorType.i32(8), TensorType.f32(4))))
        .isInstanceOf(ShapeException.class)
        .hasMessage("global-norm-clip: gradients must be f32, not i32[8]");
  }
}
