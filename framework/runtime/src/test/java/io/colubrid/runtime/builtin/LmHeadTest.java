package io.colubrid.runtime.builtin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Gradients;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Recorder.Bodies;
import io.colubrid.engine.tape.Value;
import io.colubrid.runtime.Trial;
import io.colubrid.runtime.model.ModelPass;
import io.colubrid.runtime.model.PassObserver;
import io.colubrid.runtime.model.RowSequences;
import io.colubrid.spi.layer.Head;
import io.colubrid.spi.layer.InvalidLayerException;
import io.colubrid.spi.layer.Parameter.Role;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LmHeadTest {
  private static final int WIDTH = 6;
  private static final int VOCABULARY = 11;
  private static final Shape STREAM = Shape.of(2, 5, WIDTH);
  private static final int[] TARGETS = {3, -1, 0, 10, 7, -1, -1, 2, 2, 9};
  private static final double EPSILON = 1e-5;

  private static LmHeadConfig config(boolean tie, NormKind norm, OptionalLong chunk) {
    return new LmHeadConfig(VOCABULARY, tie, norm, EPSILON, 0, chunk);
  }

  private static DeclaredParameters modelWithStem(long vocabulary) {
    DeclaredParameters stem = new DeclaredParameters("stem", WIDTH);
    new EmbeddingStemFactory().create(new EmbeddingConfig(vocabulary, 0.02, 0), stem);
    return stem.at("head");
  }

  private static ModelPass pass(Recorder recorder, PassObserver observer) {
    return new ModelPass(recorder, true, RowSequences.dense(), null, observer);
  }

  /** Loss, count, and the gradients of the stream and of each parameter. */
  private record Result(double sum, double count, List<double[]> gradients) {}

  private static Result run(OptionalLong chunk) {
    DeclaredParameters declared = new DeclaredParameters("head", WIDTH);
    Head head = new LmHeadFactory().create(config(false, NormKind.RMS, chunk), declared);
    try (Trial trial = new Trial(Bodies.FAST, 2, Precision.F32, declared.all())) {
      Value hidden = stream(trial);
      Value targets = trial.ints(Shape.of(2, 5), TARGETS);
      ModelPass pass = pass(trial.recorder(), new PassObserver() {});
      Head.Loss loss = head.summedLoss(hidden, targets, pass);
      Value gradient = trial.differentiate(loss.sum(), hidden).get(hidden);
      Executable program = trial.prepare(loss.sum(), loss.count(), gradient);
      program.run();
      List<double[]> gradients = new ArrayList<>();
      gradients.add(trial.elements(program, gradient));
      declared.all().forEach(parameter -> gradients.add(trial.gradient(parameter)));
      return new Result(
          trial.elements(program, loss.sum())[0],
          trial.elements(program, loss.count())[0],
          gradients);
    }
  }

  private static Value stream(Trial trial) {
    return trial.variable(STREAM, Trial.normal(new Random(1), STREAM.elements(), 2));
  }

  /** Scores of one position by hand. */
  private static double[] scores(double[] hidden, int row, double[] norm, double[] weight) {
    double squares = 0;
    for (int i = 0; i < WIDTH; i++) {
      squares += hidden[row * WIDTH + i] * hidden[row * WIDTH + i];
    }
    double[] scores = new double[VOCABULARY];
    for (int token = 0; token < VOCABULARY; token++) {
      for (int i = 0; i < WIDTH; i++) {
        double normed = hidden[row * WIDTH + i] / Math.sqrt(squares / WIDTH + EPSILON) * norm[i];
        scores[token] += normed * weight[token * WIDTH + i];
      }
    }
    return scores;
  }

  private static double crossEntropy(double[] scores, int target) {
    double sum = 0;
    for (double score : scores) {
      sum += Math.exp(score);
    }
    return Math.log(sum) - scores[target];
  }

  @Test
  void scoresNormedPositionsAndShowsThemToTheTap() {
    DeclaredParameters declared = new DeclaredParameters("head", WIDTH);
    Head head =
        new LmHeadFactory().create(config(false, NormKind.RMS, OptionalLong.empty()), declared);
    try (Trial trial = new Trial(Bodies.FAST, 2, Precision.F32, declared.all())) {
      Value hidden = stream(trial);
      List<String> taps = new ArrayList<>();
      PassObserver observer =
          new PassObserver() {
            @Override
            public void tap(String path, Tensor value) {
              taps.add(path + value.shape());
            }
          };
      Tensor logits = head.logits(hidden, pass(trial.recorder(), observer));
      Executable program = trial.prepare(logits);
      program.run();

      assertThat(taps).containsExactly("final_norm[2, 5, 6]");
      assertThat(logits.type()).isEqualTo(TensorType.f32(2, 5, VOCABULARY));
      double[] actual = trial.elements(program, logits);
      double[] expected = new double[actual.length];
      for (int row = 0; row < TARGETS.length; row++) {
        double[] scores = byHand(trial, declared, hidden, row);
        System.arraycopy(scores, 0, expected, row * VOCABULARY, VOCABULARY);
      }
      assertThat(Trial.distance(actual, expected)).isLessThan(1e-5);
    }
  }

  @ParameterizedTest
  @EnumSource(NormKind.class)
  void aBranchIsAddedToTheStreamFirst(NormKind kind) {
    DeclaredParameters declared = new DeclaredParameters("head", WIDTH);
    Head head = new LmHeadFactory().create(config(false, kind, OptionalLong.empty()), declared);
    try (Trial trial = new Trial(Bodies.FAST, 2, Precision.F32, declared.all())) {
      Value stream = stream(trial);
      Value branch = trial.variable(STREAM, Trial.normal(new Random(2), STREAM.elements(), 1));
      ModelPass pass = pass(trial.recorder(), new PassObserver() {});
      Tensor apart = head.logits(stream, branch, pass);
      Tensor sum = head.logits(pass.ops().add(stream, branch), null, pass);
      Executable program = trial.prepare(apart, sum);
      program.run();
      assertThat(Trial.distance(trial.elements(program, apart), trial.elements(program, sum)))
          .isLessThan(1e-6);
    }
  }

  private static double[] byHand(Trial trial, DeclaredParameters declared, Value hidden, int row) {
    double[] norm = trial.elements(declared.named("head.norm.weight"));
    double[] weight = trial.elements(declared.named("head.weight"));
    return scores(trial.get(hidden), row, norm, weight);
  }

  @Test
  void sumsTheLossOfPositionsWithTargets() {
    DeclaredParameters declared = new DeclaredParameters("head", WIDTH);
    Head head =
        new LmHeadFactory().create(config(false, NormKind.RMS, OptionalLong.empty()), declared);
    try (Trial trial = new Trial(Bodies.FAST, 2, Precision.F32, declared.all())) {
      Value hidden = stream(trial);
      Value targets = trial.ints(Shape.of(2, 5), TARGETS);
      ModelPass pass = pass(trial.recorder(), new PassObserver() {});
      Head.Loss loss = head.summedLoss(hidden, targets, pass);
      Tensor mean = head.loss(hidden, targets, pass);
      Executable program = trial.prepare(loss.sum(), loss.count(), mean);
      program.run();

      double expected = 0;
      for (int row = 0; row < TARGETS.length; row++) {
        if (TARGETS[row] >= 0) {
          expected += crossEntropy(byHand(trial, declared, hidden, row), TARGETS[row]);
        }
      }
      assertThat(head.target(2, 5)).isEqualTo(targets.type());
      assertThat(trial.elements(program, loss.sum())[0]).isCloseTo(expected, within(1e-4));
      assertThat(trial.elements(program, loss.count())).containsExactly(7);
      assertThat(trial.elements(program, mean)[0]).isCloseTo(expected / 7, within(1e-5));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 3, 4, 9, 10, 1000})
  void chunksChangeNeitherLossNorGradients(long chunk) {
    Result whole = run(OptionalLong.empty());
    Result chunked = run(OptionalLong.of(chunk));

    assertThat(chunked.sum).isCloseTo(whole.sum, within(1e-4));
    assertThat(chunked.count).isEqualTo(whole.count);
    for (int i = 0; i < whole.gradients.size(); i++) {
      double[] expected = whole.gradients.get(i);
      assertThat(Trial.distance(chunked.gradients.get(i), expected)).isLessThan(1e-5);
    }
    double[] nothing = new double[whole.gradients.get(1).length];
    assertThat(Trial.distance(whole.gradients.get(1), nothing)).isGreaterThan(0.01);
  }

  @Test
  void neverHoldsAllScoresOfALargeVocabulary() {
    long vocabulary = 50_000;
    long scores = 4L * 4096 * vocabulary;

    assertThat(peakBytes(vocabulary, OptionalLong.empty())).isLessThan(scores / 4);
    assertThat(peakBytes(vocabulary, OptionalLong.of(64))).isLessThan(scores / 40);
    assertThat(peakBytes(vocabulary, OptionalLong.of(4096))).isGreaterThan(scores);
  }

  /** Of the forward and backward pass over 4096 positions. */
  private static long peakBytes(long vocabulary, OptionalLong chunk) {
    DeclaredParameters declared = new DeclaredParameters("head", WIDTH);
    LmHeadConfig config = new LmHeadConfig(vocabulary, false, NormKind.RMS, EPSILON, 0, chunk);
    Head head = new LmHeadFactory().create(config, declared);
    Memory memory = Memory.meta();
    try (ParameterStore store = new ParameterStore(memory, Precision.F32, declared.all())) {
      store.enableGradients();
      Recorder recorder = new Recorder(store, Bodies.FAST, true);
      TensorType stream = TensorType.f32(4, 1024, WIDTH);
      Value hidden = recorder.external(memory.allocate("hidden", stream.bytes()), 0, stream, true);
      TensorType type = head.target(4, 1024);
      Value targets = recorder.external(memory.allocate("targets", type.bytes()), type);
      Head.Loss loss = head.summedLoss(hidden, targets, pass(recorder, new PassObserver() {}));
      Tensor one = recorder.ops().constant(loss.sum().dtype(), Shape.scalar(), 1);
      Map<Value, Value> gradients = Gradients.record(recorder, loss.sum(), one, List.of(hidden));
      return CpuBackend.meta().finish(recorder, gradients.values()).peakLiveBytes();
    }
  }

  @Test
  void sharesTheTableOfTheStem() {
    DeclaredParameters declared = modelWithStem(VOCABULARY);

    new LmHeadFactory().create(config(true, NormKind.LAYER, OptionalLong.empty()), declared);

    assertThat(declared.all())
        .extracting(ModelParameter::path)
        .containsExactly("stem.weight", "head.norm.weight", "head.norm.bias");
    assertThat(declared.named("stem.weight").aliases()).containsExactly("head.weight");
  }

  @Test
  void hasATableOfItsOwnUnlessTied() {
    DeclaredParameters declared = modelWithStem(99);

    new LmHeadFactory().create(config(false, NormKind.NONE, OptionalLong.empty()), declared);

    ModelParameter weight = declared.named("head.weight");
    assertThat(declared.all())
        .extracting(ModelParameter::path)
        .containsExactly("stem.weight", "head.weight");
    assertThat(weight.shape()).isEqualTo(Shape.of(VOCABULARY, WIDTH));
    assertThat(weight.role()).isEqualTo(Role.MATRIX);
  }

  @Test
  void saysWhatToDoWhenTheVocabulariesDiffer() {
    DeclaredParameters declared = modelWithStem(99);
    LmHeadConfig config = config(true, NormKind.RMS, OptionalLong.empty());

    assertThatThrownBy(() -> new LmHeadFactory().create(config, declared))
        .isInstanceOf(InvalidLayerException.class)
        .hasMessage(
            "cannot share the stem's table: stem.weight should be [11, 6], found [99, 6]; give the"
                + " stem and the head one vocabulary, or set tie = false")
        .extracting(thrown -> ((InvalidLayerException) thrown).key())
        .isEqualTo("tie");
  }
}
