package io.colubrid.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.cpu.WorkerPool;
import io.colubrid.engine.memory.Memory;
import io.colubrid.runtime.data.DataSet;
import io.colubrid.runtime.plan.Planner;
import io.colubrid.runtime.session.Session;
import io.colubrid.runtime.training.LossCurve;
import io.colubrid.runtime.training.RunSpec;
import io.colubrid.runtime.training.Trainer;
import io.colubrid.runtime.training.TrainingListener;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a training computes, and what memory it takes. */
final class TrainerTest {
  private static final int STEPS = 8;

  @TempDir private Path folder;

  private RunSpec spec(SmallRun run, String... sets) throws IOException {
    try (Session session = Session.open(List.of())) {
      return session.read(run.write(folder, STEPS), List.of(sets));
    }
  }

  @Test
  void seedsDecideTheBits() throws IOException, InterruptedException {
    RunSpec spec = spec(SmallRun.HYBRID, "model.dropout=0.1", "model.drop-path=0.1");

    assertThat(TrainedWeights.of(spec)).isEqualTo(TrainedWeights.of(spec));
    assertThat(TrainedWeights.of(spec)).isNotEqualTo(TrainedWeights.of(spec.withSeed(2)));
  }

  @Test
  void microBatchesAddUpToTheBatch() throws IOException, InterruptedException {
    // Adam would turn the smallest gradients' rounding into whole steps.
    String plain = "train.optimizer.type=sgd";
    float[] whole = TrainedWeights.of(spec(SmallRun.HYBRID, plain, "train.batch=8"));
    float[] halves =
        TrainedWeights.of(spec(SmallRun.HYBRID, plain, "train.batch=4", "train.accumulate=2"));

    assertThat(halves).hasSameSizeAs(whole).containsExactly(whole, within(1e-5f));
  }

  @ParameterizedTest
  @EnumSource(names = {"HYBRID", "EXPERTS"})
  void recomputationChangesMemoryAndNoBit(SmallRun run) throws IOException, InterruptedException {
    String[] sizes = {"model.d-model=32", "train.length=64", "model.dropout=0.1", ""};
    sizes[3] = "model.checkpoint-every=0";
    RunSpec kept = spec(run, sizes);
    sizes[3] = "model.checkpoint-every=2";
    RunSpec recomputed = spec(run, sizes);

    assertThat(TrainedWeights.of(recomputed)).isEqualTo(TrainedWeights.of(kept));
    assertThat(Planner.plan(recomputed).activations()).isLessThan(Planner.plan(kept).activations());
  }

  @Test
  void layersReportOnceEvenWhereTheyAreRecomputed() throws IOException, InterruptedException {
    String capacity = "model.blocks.e.channel.capacity=0.75";
    RunSpec kept = spec(SmallRun.EXPERTS, capacity, "data.packing=dense");
    RunSpec recomputed =
        spec(SmallRun.EXPERTS, capacity, "data.packing=dense", "model.checkpoint-every=1");

    Map<String, Double> figures = figures(kept);
    assertThat(figures(recomputed)).isEqualTo(figures);
    for (String layer : List.of("layers.1.channel.", "layers.3.channel.")) {
      double loads = 0;
      for (int expert = 0; expert < 4; expert++) {
        loads += figures.get(layer + "load." + expert);
      }
      assertThat(loads).isCloseTo(1, within(1e-6));
      assertThat(figures.get(layer + "dropped")).isGreaterThanOrEqualTo(0.25).isLessThan(0.76);
      assertThat(figures.get(layer + "balance-loss")).isBetween(0.005, 0.04);
      assertThat(figures.get(layer + "z-loss")).isPositive();
    }
  }

  /** What layers reported of the last step. */
  private static Map<String, Double> figures(RunSpec spec) throws InterruptedException {
    Map<String, Double> figures = new TreeMap<>();
    try (CpuBackend backend = new CpuBackend();
        DataSet<?> data = spec.data().open();
        Trainer trainer = new Trainer(spec, backend, data, TrainingListener.SILENT)) {
      LossCurve curve = new LossCurve(entry -> figures.putAll(entry.layers()));
      trainer.run(spec.train().steps(), () -> false, curve);
    }
    return figures;
  }

  @ParameterizedTest
  @EnumSource
  void memoryIsAsPlannedAndStaysSoAndIsGivenBack(SmallRun run)
      throws IOException, InterruptedException {
    RunSpec spec = spec(run, "train.steps=300");
    Memory memory = Memory.tracingCpu();
    try (CpuBackend backend = new CpuBackend(memory, new WorkerPool());
        DataSet<?> data = spec.data().open();
        Trainer trainer = new Trainer(spec, backend, data, TrainingListener.SILENT)) {
      LossCurve curve = new LossCurve(entry -> {});
      trainer.run(2, () -> false, curve);
      long live = memory.liveBytes();
      memory.resetPeak();
      trainer.run(300, () -> false, curve);

      assertThat(memory.liveBytes()).isEqualTo(live);
      assertThat((double) memory.peakBytes())
          .isCloseTo(Planner.plan(spec).peak(), Percentage.withPercentage(5));
      trainer.evaluate();
      assertThat(memory.liveBytes()).isEqualTo(live);
    }
    memory.requireEmpty();
  }

  @Test
  void theLayerAndTensorThatWentBadAreNamed() throws IOException {
    Path config = SmallRun.HYBRID.write(folder, STEPS);

    Told told =
        Told.by(
            "train",
            config,
            "--out",
            folder.resolve("run"),
            "--set",
            "train.learning-rate.peak=1e30",
            "--set",
            "train.clip=0");

    assertThat(told.code()).isEqualTo(1);
    assertThat(told.err())
        .contains("the first to go bad is layers.", "of the forward pass is")
        .doesNotContain("\tat ");
  }

  @Test
  void aFileInPlaceOfTheFolderIsTold() throws IOException {
    Path config = SmallRun.HYBRID.write(folder, STEPS);

    Told told = Told.by("train", config, "--out", config);

    assertThat(told.code()).isEqualTo(2);
    assertThat(told.err()).contains(config.toString()).contains("not a folder");
  }
}
