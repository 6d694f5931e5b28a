package io.colubrid.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.cuda.CudaBackend;
import io.colubrid.engine.cuda.CudaProbe;
import io.colubrid.engine.cuda.GraphMode;
import io.colubrid.runtime.data.DataSet;
import io.colubrid.runtime.plan.Planner;
import io.colubrid.runtime.session.Session;
import io.colubrid.runtime.training.LossCurve;
import io.colubrid.runtime.training.RunSpec;
import io.colubrid.runtime.training.Trainer;
import io.colubrid.runtime.training.TrainingListener;
import io.colubrid.spi.tensor.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Training on a GPU. */
@Tag("cuda")
final class CudaTrainingTest {
  private static final int STEPS = 6;

  @TempDir private Path folder;

  @BeforeAll
  static void needsAGpu() {
    CudaProbe probe = CudaProbe.run();
    Assumptions.assumeTrue(probe.usable(), probe.problem());
  }

  @ParameterizedTest
  @EnumSource
  void graphsChangeNoBitAndTwoRunsAreEqual(SmallRun run) throws IOException, InterruptedException {
    for (List<String> how :
        List.of(
            List.of("model.precision=f32", "train.accumulate=2"),
            List.of("model.precision=bf16", "train.accumulate=1"))) {
      graphsChangeNoBit(spec(run, how.get(0), how.get(1), "model.dropout=0.1"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void graphsChangeNoBitOfAnyKindOfData(DataKind kind) throws IOException, InterruptedException {
    for (String precision : List.of("f32", "bf16")) {
      graphsChangeNoBit(read(kind.write(folder, STEPS), "model.precision=" + precision));
    }
  }

  private static void graphsChangeNoBit(RunSpec spec) throws InterruptedException {
    List<Double> losses = losses(spec, () -> new CudaBackend(0, GraphMode.ON));

    assertThat(losses).hasSize(STEPS).doesNotContain(Double.NaN);
    assertThat(losses(spec, () -> new CudaBackend(0, GraphMode.ON))).isEqualTo(losses);
    assertThat(losses(spec, () -> new CudaBackend(0, GraphMode.OFF))).isEqualTo(losses);
  }

  @ParameterizedTest
  @EnumSource
  void lossesAreThoseOfTheProcessor(SmallRun run) throws IOException, InterruptedException {
    RunSpec spec = spec(run, "model.dropout=0.1", "model.checkpoint-every=1");
    List<Double> losses = losses(spec, () -> new CudaBackend(0));
    List<Double> expected = losses(spec, CpuBackend::new);

    for (int i = 0; i < STEPS; i++) {
      assertThat(losses.get(i)).as("update %d", i + 1).isCloseTo(expected.get(i), within(2e-3));
    }
    assertThat(losses.getFirst()).isCloseTo(expected.getFirst(), within(1e-5));
  }

  @ParameterizedTest
  @EnumSource
  void memoryIsAsPlanned(SmallRun run) throws IOException, InterruptedException {
    RunSpec spec = spec(run);
    try (CudaBackend backend = new CudaBackend(0);
        DataSet<?> data = spec.data().open();
        Trainer trainer = new Trainer(spec, backend, data, TrainingListener.SILENT)) {
      trainer.run(2, () -> false, new LossCurve(entry -> {}));

      assertThat((double) backend.memory().peakBytes())
          .isCloseTo(
              Planner.plan(spec, new Device(Device.Kind.CUDA, 0)).peak(),
              Percentage.withPercentage(5));
    }
  }

  @Test
  void aProfileTellsTheTimeOfEveryLayer() throws IOException {
    Path config = SmallRun.HYBRID.write(folder, STEPS);
    Told told = Told.by("profile", config, "--steps", 2, "--device", "cuda:0");

    assertThat(told.code()).as(told.err()).isZero();
    assertThat(told.out()).contains("layers.0.mixer", "layers.3.mixer", "selective-scan");
  }

  @Test
  void tooLargeABatchIsToldBesideThePlan() throws IOException {
    Path config = SmallRun.HYBRID.write(folder, STEPS);
    Told told =
        Told.by(
            "train",
            config,
            "--out",
            folder.resolve("run"),
            "--device",
            "cuda:0",
            "--set",
            "model.d-model=512",
            "--set",
            "train.batch=2048",
            "--set",
            "train.length=1024");

    assertThat(told.code()).isEqualTo(2);
    assertThat(told.err())
        .contains("no memory for '", "bytes are free", "The plan of this run is ")
        .hasLineCount(1);
  }

  @Test
  void killedItEndsWithTheSameBits() throws IOException, InterruptedException {
    int steps = 60;
    Path config = SmallRun.HYBRID.write(folder, steps);
    Path unbroken = folder.resolve("unbroken");
    Object[] run = {config, "--device", "cuda:0", "--set", "train.checkpoint-every=7"};
    assertThat(Told.by("train", run[0], run[1], run[2], run[3], run[4], "--out", unbroken).code())
        .isZero();
    Path broken = folder.resolve("broken");
    try (TrainingProcess first = TrainingProcess.start(broken, run)) {
      first.awaitMetrics(steps / 2);
      first.kill();
    }
    Told end = Told.by("train", "--resume", "--out", broken, "--device", "cuda:0");

    assertThat(end.code()).as(end.err()).isZero();
    assertThat(model(broken)).hasSameBinaryContentAs(model(unbroken));
  }

  @Test
  void aRunGoesFromOneDeviceToTheOther() throws IOException {
    Path config = SmallRun.EXPERTS.write(folder, STEPS);
    Path run = folder.resolve("run");
    assertThat(Told.by("train", config, "--out", run, "--device", "cuda:0").code()).isZero();

    Told there = Told.by("evaluate", run, "--device", "cuda:0");
    Told here = Told.by("evaluate", run);
    assertThat(here.code()).as(here.err()).isZero();
    assertThat(bits(there)).isCloseTo(bits(here), within(1e-3));
    Told resumed = Told.by("train", "--resume", "--out", run);
    assertThat(resumed.code()).isZero();
    assertThat(resumed.err()).contains("the device was cuda (").contains("and is now cpu");
  }

  private static double bits(Told told) {
    return Double.parseDouble(told.out().replaceAll("(?s).*per byte ([0-9.]+).*", "$1"));
  }

  private RunSpec spec(SmallRun run, String... sets) throws IOException {
    return read(run.write(folder, STEPS), sets);
  }

  private static RunSpec read(Path config, String... sets) throws IOException {
    try (Session session = Session.open(List.of())) {
      return session.read(config, List.of(sets));
    }
  }

  private static List<Double> losses(RunSpec spec, Supplier<Backend> device)
      throws InterruptedException {
    List<Double> losses = new ArrayList<>();
    try (Backend backend = device.get();
        DataSet<?> data = spec.data().open();
        Trainer trainer = new Trainer(spec, backend, data, TrainingListener.SILENT)) {
      trainer.run(STEPS, () -> false, new LossCurve(entry -> losses.add(entry.point().loss())));
    }
    return losses;
  }

  /** The weights of the newest checkpoint. */
  private static Path model(Path run) throws IOException {
    try (Stream<Path> files = Files.walk(run.resolve("checkpoints"))) {
      return files
          .filter(file -> file.endsWith("model.safetensors"))
          .max(Comparator.naturalOrder())
          .orElseThrow();
    }
  }
}
