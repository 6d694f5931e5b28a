package io.colubrid.runtime.builtin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Recorder.Bodies;
import io.colubrid.engine.tape.Value;
import io.colubrid.runtime.Trial;
import io.colubrid.runtime.model.ModelPass;
import io.colubrid.runtime.model.PassObserver;
import io.colubrid.runtime.model.RowSequences;
import io.colubrid.spi.layer.Head;
import io.colubrid.spi.layer.Sequences;
import io.colubrid.spi.layer.Stem;
import io.colubrid.spi.layer.StreamShape;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The ends of models of real-valued series. */
final class SeriesTest {
  private static final int WIDTH = 4;
  private static final int FEATURES = 3;
  private static final Shape STREAM = Shape.of(2, 3, WIDTH);
  private static final Shape SERIES = Shape.of(2, 3, FEATURES);

  private static ModelPass pass(Trial trial, Sequences sequences) {
    return new ModelPass(trial.recorder(), true, sequences, null, new PassObserver() {});
  }

  @Test
  void theStemIsOneProduct() {
    DeclaredParameters declared = new DeclaredParameters("stem", WIDTH);
    Stem stem = new LinearStemFactory().create(new LinearStemConfig(FEATURES, true, 0), declared);

    assertThat(declared.all())
        .extracting(ModelParameter::toString)
        .containsExactly("stem.proj.weight[4, 3]", "stem.proj.bias[4]");
    assertThat(stem.output()).isEqualTo(StreamShape.sequence(WIDTH));
    assertThat(stem.input(2, 3)).isEqualTo(new TensorType(TensorType.f32().dtype(), SERIES));
    try (Trial trial = new Trial(Bodies.FAST, 1, Precision.F32, declared.all())) {
      Value series = trial.floats(SERIES, Trial.normal(new Random(1), 18, 1));
      Tensor stream = stem.forward(series, pass(trial, RowSequences.dense()));
      Executable program = trial.prepare(stream);
      program.run();

      double[] weight = trial.elements(declared.named("stem.proj.weight"));
      double[] bias = trial.elements(declared.named("stem.proj.bias"));
      double[] x = trial.get(series);
      double[] expected = new double[2 * 3 * WIDTH];
      for (int i = 0; i < expected.length; i++) {
        int row = i / WIDTH;
        int out = i % WIDTH;
        expected[i] = bias[out];
        for (int f = 0; f < FEATURES; f++) {
          expected[i] += x[row * FEATURES + f] * weight[out * FEATURES + f];
        }
      }
      assertThat(Trial.distance(trial.elements(program, stream), expected)).isLessThan(1e-5);
    }
  }

  @Test
  void theLossOfAForecastIsItsMeanSquaredErrorWithoutPadding() {
    DeclaredParameters declared = new DeclaredParameters("head", WIDTH);
    Head head =
        new LinearHeadFactory()
            .create(new LinearHeadConfig(FEATURES, true, NormKind.RMS, 1e-5), declared);
    assertThat(head.target(2, 3)).isEqualTo(new TensorType(TensorType.f32().dtype(), SERIES));
    assertThat(declared.all())
        .extracting(ModelParameter::toString)
        .containsExactly("head.norm.weight[4]", "head.proj.weight[3, 4]", "head.proj.bias[3]");
    try (Trial trial = new Trial(Bodies.FAST, 1, Precision.F32, declared.all())) {
      Value hidden = trial.floats(STREAM, Trial.normal(new Random(1), 24, 1));
      Value targets = trial.floats(SERIES, Trial.normal(new Random(2), 18, 1));
      Value positions = trial.ints(Shape.of(2, 3), -1, 0, 1, 0, 1, 2);
      Sequences padded =
          new RowSequences(Sequences.Kind.PADDED, Optional.of(positions), Optional.of(positions));
      Tensor forecast = head.logits(hidden, pass(trial, RowSequences.dense()));
      Head.Loss dense = head.summedLoss(hidden, targets, pass(trial, RowSequences.dense()));
      Head.Loss less = head.summedLoss(hidden, targets, pass(trial, padded));
      Executable program =
          trial.prepare(forecast, dense.sum(), dense.count(), less.sum(), less.count());
      program.run();

      double[] y = trial.elements(program, forecast);
      double[] t = trial.get(targets);
      double first = squaredError(y, t, 0, FEATURES);
      double all = squaredError(y, t, 0, y.length);
      assertThat(trial.elements(program, dense.sum())[0]).isCloseTo(all, within(1e-4));
      assertThat(trial.elements(program, dense.count())).containsExactly(6);
      assertThat(trial.elements(program, less.sum())[0]).isCloseTo(all - first, within(1e-4));
      assertThat(trial.elements(program, less.count())).containsExactly(5);
    }
  }

  private static double squaredError(double[] y, double[] t, int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += (y[i] - t[i]) * (y[i] - t[i]) / FEATURES;
    }
    return sum;
  }
}
