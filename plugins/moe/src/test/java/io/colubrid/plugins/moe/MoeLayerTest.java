package io.colubrid.plugins.moe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.tape.FlopCount;
import io.colubrid.runtime.config.ConfigProblemsException;
import io.colubrid.runtime.model.StandaloneLayer;
import io.colubrid.runtime.plugin.LayerRegistry;
import io.colubrid.runtime.plugin.PluginLoader;
import io.colubrid.spi.layer.Sequences.Kind;
import io.colubrid.spi.layer.StreamShape;
import io.colubrid.testkit.trial.LayerPass;
import io.colubrid.testkit.trial.LayerTrial;
import io.colubrid.testkit.trial.RandomRows;
import io.colubrid.testkit.trial.Rows;
import io.colubrid.testkit.trial.Setting;
import io.colubrid.testkit.trial.Weights;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which positions find room with an expert, and what the router adds to the objective. */
final class MoeLayerTest {
  private static final LayerRegistry REGISTRY = PluginLoader.with(new MoePlugin());
  private static final String ROUTER = StandaloneLayer.PATH + ".router.weight";
  private static final int WIDTH = 4;
  private static final int POSITIONS = 8;

  /** An expert has room for two of eight positions. */
  private static final String TIGHT =
      "experts = 2, top-k = 1, capacity = 0.5, z-loss = 0.1, expert { type = mlp, width = 8 }";

  private static StandaloneLayer layer(String keys) {
    return StandaloneLayer.build(REGISTRY, "moe", keys, StreamShape.sequence(WIDTH));
  }

  /**
   * A layer whose router finds all experts equal, so that every position chooses the first ones.
   */
  private static LayerTrial undecided(String keys, Setting setting) {
    return trial(keys, setting, 0);
  }

  /** A layer whose router weighs the first feature for the first expert, and for no other. */
  private static LayerTrial trial(String keys, Setting setting, double preference) {
    StandaloneLayer layer = layer(keys);
    Weights weights = Weights.random(layer.parameters(), 3);
    double[] router = new double[weights.of(ROUTER).length];
    router[0] = preference;
    return new LayerTrial(layer, weights.with(ROUTER, router), setting);
  }

  private static Rows rows(Kind kind, IntPredicate padding) {
    int[] segments = IntStream.range(0, POSITIONS).map(i -> padding.test(i) ? -1 : 0).toArray();
    double[] x = new RandomRows(5).normal(POSITIONS * WIDTH);
    return new Rows(kind, 1, POSITIONS, WIDTH, x, segments);
  }

  /** The positions at which the layer gives anything. */
  private static List<Integer> served(LayerTrial trial, Rows rows) {
    double[] output = trial.forward(rows).output();
    return IntStream.range(0, POSITIONS)
        .filter(i -> Arrays.stream(output, i * WIDTH, (i + 1) * WIDTH).anyMatch(y -> y != 0))
        .boxed()
        .toList();
  }

  private static double terms(LayerTrial trial, Rows rows) {
    LayerPass pass = trial.pass(rows);
    pass.run(rows);
    return pass.objective(new double[0]);
  }

  @Test
  void trainingServesTheFirstComersAndInferenceAll() {
    Rows rows = rows(Kind.DENSE, i -> false);
    try (LayerTrial training = undecided(TIGHT, Setting.CPU.inTraining());
        LayerTrial inference = undecided(TIGHT, Setting.CPU)) {
      assertThat(served(training, rows)).containsExactly(0, 1);
      assertThat(served(inference, rows)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    }
  }

  @Test
  void paddingTakesNoRoom() {
    try (LayerTrial trial = undecided(TIGHT, Setting.CPU.inTraining())) {
      assertThat(served(trial, rows(Kind.PADDED, i -> i < 5))).containsExactly(5, 6);
    }
  }

  @Test
  void everyChoiceNeedsRoomOfItsOwn() {
    String two = "experts = 3, top-k = 2, capacity = 0.5, expert { type = swiglu, width = 8 }";
    try (LayerTrial trial = undecided(two, Setting.CPU.inTraining())) {
      assertThat(served(trial, rows(Kind.DENSE, i -> false))).containsExactly(0, 1, 2);
    }
  }

  @Test
  void theBalanceLossIsItsCoefficientWhereProbabilitiesAreEqual() {
    double z = 0.1 * Math.pow(Math.log(2), 2);
    Rows rows = rows(Kind.PADDED, i -> i % 3 == 1);
    try (LayerTrial training = undecided(TIGHT, Setting.CPU.inTraining());
        LayerTrial inference = undecided(TIGHT, Setting.CPU)) {
      assertThat(terms(training, rows)).isCloseTo(0.01 + z, within(1e-7));
      assertThat(terms(inference, rows)).isZero();
    }
  }

  @Test
  void theBalanceLossGrowsToTheNumberOfExperts() {
    String keys = "experts = 2, top-k = 1, balance-loss = 1, expert { type = mlp, width = 8 }";
    double[] x = new double[POSITIONS * WIDTH];
    Arrays.fill(x, 1);
    Rows rows = Rows.dense(1, POSITIONS, WIDTH, x);
    try (LayerTrial trial = trial(keys, Setting.CPU.inTraining(), 30)) {
      assertThat(terms(trial, rows)).isCloseTo(2, within(1e-6));
    }
  }

  @Test
  void paddingSaysNothingToTheRouter() {
    Rows rows = rows(Kind.PADDED, i -> i >= 4);
    double[] other = rows.x().clone();
    Arrays.fill(other, 4 * WIDTH, other.length, 9);
    try (LayerTrial trial = trial(TIGHT, Setting.CPU.inTraining(), 2)) {
      assertThat(terms(trial, rows.with(other))).isEqualTo(terms(trial, rows)).isPositive();
    }
  }

  @Test
  void activeParametersAreThoseOfTheChosenExperts() {
    String experts = "experts = 8, top-k = 2, shared { type = mlp, width = 8, bias = false }";
    for (String expert : List.of("swiglu, width = 8", "moe, experts = 1, top-k = 1")) {
      String keys = experts + ", expert { type = " + expert + " }";
      double all = 0;
      double active = 0;
      for (ModelParameter parameter : layer(keys).parameters()) {
        if (parameter.path().contains(".experts.")) {
          all += parameter.shape().elements();
          active += parameter.activeElements();
        } else {
          assertThat(parameter.activeElements()).isEqualTo(parameter.shape().elements());
        }
      }
      assertThat(active).isEqualTo(all / 4).isPositive();
    }
  }

  /** Forward FLOPs of a pass over eight positions; an mlp of width 8 costs 128 a row here. */
  private static long flops(String keys, Setting setting) {
    Rows rows = rows(Kind.DENSE, i -> false);
    try (LayerTrial plan = LayerTrial.plan(layer(keys), setting)) {
      return plan.pass(rows).program().nodes().stream().mapToLong(FlopCount::of).sum();
    }
  }

  @Test
  void flopsAreThoseOfTheRowsThatExpertsHaveRoomFor() {
    Setting training = Setting.CPU.inTraining();
    String mlp = "expert { type = mlp, width = 8 }";
    String mixture = "expert { type = moe, experts = 1, top-k = 1, " + mlp + " }";
    long router = 2 * WIDTH * 4 * POSITIONS;
    long innerRouter = 2 * WIDTH;

    String two = "experts = 4, top-k = 2, ";
    assertThat(flops(two + mlp, training)).isEqualTo(router + 128 * 2 * POSITIONS);
    String tight = two + "capacity = 0.5, ";
    assertThat(flops(tight + mlp, training)).isEqualTo(router + 128 * 4 * 2);
    assertThat(flops(tight + mlp, Setting.CPU)).isEqualTo(router + 128 * 2 * POSITIONS);
    assertThat(flops(tight + mixture, training)).isEqualTo(router + (128 + innerRouter) * 4 * 2);
    assertThat(flops(two + mixture, training))
        .isEqualTo(router + (128 + innerRouter) * 4 * POSITIONS);
  }

  @Test
  void aCapacityCouplesRowsAndRefusesPacking() {
    assertThat(layer(TIGHT).traits().batchCoupled()).isTrue();
    assertThat(layer(TIGHT).traits().refused()).containsOnlyKeys(Kind.PACKED);
    assertThat(layer("experts = 2").traits().batchCoupled()).isFalse();
    assertThat(layer("experts = 2").traits().refused()).isEmpty();
    String inside = "experts = 2, expert { type = moe, " + TIGHT + " }";
    assertThat(layer(inside).traits().refused()).containsOnlyKeys(Kind.PACKED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "experts = 2, top-k = 3 | a position cannot go to 3 of 2 experts; lower top-k or raise experts",
        "experts = 2, expert { type = bidirectional, of = mlp } | lets positions see each other",
        "experts = 2, shared { type = bidirectional, of = mlp } | lets positions see each other",
        "experts = 2, expert { type = mlp, width = 0 } | 0"
      })
  void whatCannotBeIsRefused(String keysAndReason) {
    String[] parts = keysAndReason.split(" \\| ");
    assertThatThrownBy(() -> layer(parts[0]))
        .isInstanceOf(ConfigProblemsException.class)
        .hasMessageContaining(parts[1]);
  }
}
