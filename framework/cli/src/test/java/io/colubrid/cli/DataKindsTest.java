package io.colubrid.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.runtime.session.Session;
import io.colubrid.runtime.training.RunSpec;
import io.colubrid.runtime.training.TrainingListener;
import io.colubrid.runtime.training.TrainingRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** All kinds of data go through the same commands and files as text. */
final class DataKindsTest {
  private static final int STEPS = 17;

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource
  void stoppedAndGoneOnWithItEndsWithTheSameBits(DataKind kind)
      throws IOException, InterruptedException {
    Path config = kind.write(folder, STEPS);
    Path unbroken = folder.resolve("unbroken");
    Told whole = Told.by("train", config, "--out", unbroken);
    assertThat(whole.code()).as(whole.err()).isZero();
    Path broken = folder.resolve("broken");
    stopEarly(config, broken);

    Told end = Told.by("train", "--resume", "--out", broken);

    assertThat(end.code()).as(end.err()).isZero();
    String model = "checkpoints/step-%06d/model.safetensors".formatted(STEPS);
    assertThat(broken.resolve(model)).hasSameBinaryContentAs(unbroken.resolve(model));
    List<String> metrics = Files.readAllLines(broken.resolve("metrics.jsonl"));
    assertThat(metrics).hasSize(STEPS + 1);
    assertThat(metrics.getFirst()).contains("\"" + kind.unit() + "\":");
    assertThat(metrics.getLast())
        .contains(kind.metric())
        .isEqualTo(Files.readAllLines(unbroken.resolve("metrics.jsonl")).getLast());
  }

  private static void stopEarly(Path config, Path run) throws IOException, InterruptedException {
    try (Session session = Session.open(List.of());
        TrainingRun training =
            session.begin(session.read(config, List.of()), run, TrainingListener.SILENT)) {
      AtomicInteger asked = new AtomicInteger();
      assertThat(training.run(() -> asked.incrementAndGet() > STEPS).finished()).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSavedRunIsEvaluatedAsItEndedAndReadAsItWas(DataKind kind) throws IOException {
    Path config = kind.write(folder, 3);
    Path run = folder.resolve("run");
    Told trained = Told.by("train", config, "--out", run);
    assertThat(trained.code()).as(trained.err()).isZero();

    Told score = Told.by("evaluate", run);

    assertThat(score.code()).as(score.err()).isZero();
    String told = trained.out().substring(trained.out().indexOf("held-out")).strip();
    assertThat(score.out()).startsWith(told);
    try (Session session = Session.open(List.of())) {
      RunSpec saved = session.read(run.resolve("config.conf"), List.of());
      assertThat(saved.data()).isEqualTo(session.read(config, List.of()).data());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"IMAGES", "SERIES"})
  void whatReadsNoTokensDoesNotGenerate(DataKind kind) throws IOException {
    Path run = folder.resolve("run");
    assertThat(Told.by("train", kind.write(folder, 1), "--out", run).code()).isZero();

    Told told = Told.by("generate", run, "--prompt", "a");

    assertThat(told.code()).isEqualTo(2);
    assertThat(told.err()).contains("so it cannot generate").doesNotContain("\tat ");
  }

  @ParameterizedTest
  @EnumSource
  void modelsAreComparedByTheMeasureOfTheirData(DataKind kind) throws IOException {
    Path config = kind.write(folder, 2);
    Files.writeString(
        config,
        Files.readString(config)
            + "compare { models { one {}, two { d-model = 16 } }, generate-tokens = 4 }\n");
    Path out = folder.resolve("comparison");

    Told told = Told.by("compare", config, "--out", out);

    assertThat(told.code()).as(told.err()).isZero();
    JsonNode results = JsonMapper.shared().readTree(Files.readString(out.resolve("results.json")));
    assertThat(results.at("/measure/key").stringValue()).isEqualTo(kind.resultKey());
    assertThat(results.at("/models/0/" + kind.resultKey()).isNumber()).isTrue();
    assertThat(results.at("/models/1/seeds/0/" + kind.resultKey()).isNumber()).isTrue();
    assertThat(Files.readString(out.resolve("report.html"))).doesNotContain("its / byte");
  }

  @ParameterizedTest
  @EnumSource
  void endsThatDoNotFitTheDataAreToldByLineAndLeaveNoRun(DataKind kind) throws IOException {
    Path config = kind.write(folder, 2);
    String wrong =
        Files.readString(config)
            .replace("classes = 3 }", "classes = 4 }")
            .replace("features = 2", "features = 3")
            .replace(
                "{ type = lm-head, vocabulary = 6 }",
                "{ type = lm-head, tie = false, vocabulary = 5 }");
    Files.writeString(config, wrong);
    Path run = folder.resolve("run");

    Told told = Told.by("train", config, "--out", run);

    assertThat(told.code()).isEqualTo(2);
    assertThat(told.err())
        .containsPattern("run.conf: [34]: model.(stem|head): .* but data.source = ")
        .doesNotContain("\tat ");
    assertThat(run.resolve("config.conf")).doesNotExist();
  }
}
