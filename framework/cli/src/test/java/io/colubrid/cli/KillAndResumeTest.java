package io.colubrid.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever ends a run, going on with it gives the weights of an unbroken one. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
final class KillAndResumeTest {
  private static final int STEPS = 90;
  private static final int ENDLESS = 10_000_000;

  @TempDir private Path folder;

  @Test
  void killedAtAnyMomentItEndsWithTheSameBits() throws IOException, InterruptedException {
    Path config = SmallRun.HYBRID.write(folder, STEPS);
    Object[] often = {config, "--set", "train.checkpoint-every=11", "--set", "model.dropout=0.1"};
    Path unbroken = folder.resolve("unbroken");
    assertThat(Told.by("train", often[0], "--out", unbroken, "--set", often[2], "--set", often[4]))
        .returns(0, Told::code);
    Random moment = new Random(5);
    Path broken = folder.resolve("broken");

    try (TrainingProcess first = TrainingProcess.start(broken, often)) {
      first.awaitMetrics(1 + moment.nextInt(STEPS / 3));
      first.kill();
      assertThat(first.exitCode()).isEqualTo(128 + 9);
    }
    try (TrainingProcess second = TrainingProcess.start(broken, "--resume")) {
      second.awaitMetrics(STEPS / 3 + moment.nextInt(STEPS / 3));
      second.kill();
    }
    Told end = Told.by("train", "--resume", "--out", broken);

    assertThat(end.code()).as(end.err()).isZero();
    assertThat(model(broken)).hasSameBinaryContentAs(model(unbroken));
    assertThat(Files.readAllLines(broken.resolve("metrics.jsonl")))
        .hasSameSizeAs(Files.readAllLines(unbroken.resolve("metrics.jsonl")));
  }

  @Test
  void terminatedItWritesACheckpointAndSaysHowToGoOn() throws IOException, InterruptedException {
    Path config = SmallRun.HYBRID.write(folder, ENDLESS);
    Path run = folder.resolve("run");
    try (TrainingProcess process = TrainingProcess.start(run, config)) {
      process.awaitMetrics(10);

      Told other = Told.by("train", "--resume", "--out", run);
      assertThat(other.code()).isEqualTo(2);
      assertThat(other.err()).contains(Long.toString(process.pid()), run.toString());

      process.terminate();
      assertThat(process.exitCode()).as(process.said()).isZero();
      assertThat(process.said()).contains("go on with train --resume --out " + run);
    }

    assertThat(model(run)).exists();
    Told score = Told.by("evaluate", run);
    assertThat(score.code()).as(score.err()).isZero();
    assertThat(score.out()).contains("held-out bits per byte");
    Told text = Told.by("generate", run, "--prompt", "the snake", "--max-tokens", 20);
    assertThat(text.code()).as(text.err()).isZero();
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
