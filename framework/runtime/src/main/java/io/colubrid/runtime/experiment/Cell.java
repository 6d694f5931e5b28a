package io.colubrid.runtime.experiment;

import io.colubrid.engine.backend.Backend;
import io.colubrid.runtime.data.Measure;
import io.colubrid.runtime.data.Score;
import io.colubrid.runtime.data.TokenBatch;
import io.colubrid.runtime.data.TokenConfig;
import io.colubrid.runtime.data.TokenData;
import io.colubrid.runtime.generation.Generator;
import io.colubrid.runtime.generation.Sampling;
import io.colubrid.runtime.report.LossPoint;
import io.colubrid.runtime.report.SeedResult;
import io.colubrid.runtime.run.RunRecord;
import io.colubrid.runtime.training.CurvePoint;
import io.colubrid.runtime.training.RunSpec;
import io.colubrid.runtime.training.RunSpecReader;
import io.colubrid.runtime.training.TrainedModel;
import io.colubrid.runtime.training.TrainingListener;
import io.colubrid.runtime.training.TrainingRun;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.BooleanSupplier;
import tools.jackson.databind.json.JsonMapper;

/**
 * One model trained with one seed: a pure function of its spec. Its folder is a run that can be
 * gone on with; its result is written when it is whole.
 */
record Cell(RunSpec spec, CompareConfig compare, Path folder, double trainingFlopsPerToken) {
  private static final String RESULT = "result.json";
  private static final JsonMapper MAPPER = JsonMapper.shared();

  /** What is kept of a finished cell. */
  record Kept(String config, SeedResult result) {}

  /** The result of an earlier run of the same cell. */
  Optional<SeedResult> finished() throws IOException {
    Path file = folder.resolve(RESULT);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    Kept kept = MAPPER.readValue(Files.readAllBytes(file), Kept.class);
    requireSame(kept.config());
    return Optional.of(kept.result());
  }

  private void requireSame(String config) throws IOException {
    if (!config.equals(spec.text())) {
      throw new IOException(
          folder + " holds a run of another config; name another --out, or remove it");
    }
  }

  /** Trains, scores and times; empty if it was told to stop. */
  Optional<SeedResult> run(
      Backend backend,
      RunRecord record,
      RunSpecReader reader,
      TrainingListener listener,
      BooleanSupplier stop)
      throws IOException, InterruptedException {
    try (TrainingRun run = open(backend, record, reader, listener)) {
      TrainingRun.Outcome outcome = run.run(stop);
      if (!outcome.finished()) {
        return Optional.empty();
      }
      Score score = outcome.score();
      Score heldOut = score == null ? run.trainer().evaluate() : score;
      double speed = run.trainer().state().tokens() / run.trainer().state().seconds();
      SeedResult result =
          new SeedResult(
              spec.train().seed(),
              heldOut.value(),
              more(heldOut),
              run.layerFigures(),
              speed,
              generationSpeed(reader, backend),
              run.curve().stream().map(this::point).toList());
      keep(result);
      return Optional.of(result);
    }
  }

  private static SequencedMap<String, Double> more(Score score) {
    SequencedMap<String, Double> more = new LinkedHashMap<>();
    score.more().forEach((Measure measure, Double value) -> more.put(measure.jsonKey(), value));
    return more;
  }

  private TrainingRun open(
      Backend backend, RunRecord record, RunSpecReader reader, TrainingListener listener)
      throws IOException {
    Path config = folder.resolve("config.conf");
    if (!Files.exists(config)) {
      return TrainingRun.begin(spec, folder, record, backend, listener);
    }
    requireSame(Files.readString(config));
    return TrainingRun.resume(reader, folder, record, backend, listener);
  }

  private LossPoint point(CurvePoint point) {
    double flops = trainingFlopsPerToken * point.tokens();
    double lossScale = spec.data().task().lossScale();
    return new LossPoint(point.tokens(), flops, point.seconds(), point.loss() * lossScale);
  }

  /** Tokens a second of greedy decoding behind a prompt of held-out text. */
  private double generationSpeed(RunSpecReader reader, Backend backend) throws IOException {
    int prompt = compare.promptTokens();
    int most = compare.generateTokens();
    try (TrainedModel model = TrainedModel.load(reader, folder, backend)) {
      boolean generates = model.model().generationRefusal().isEmpty();
      if (!generates || !(spec.data() instanceof TokenConfig text)) {
        return Double.NaN;
      }
      int[] tokens = prompt(text, prompt);
      try (Generator generator = model.generator(prompt + 2L * most)) {
        // The first tokens warm up; what is timed goes on behind them.
        int warmUp = 1 + most / 2;
        List<Long> times = new ArrayList<>();
        generator.generate(
            tokens, Sampling.greedy(), warmUp + most, token -> times.add(System.nanoTime()));
        return most / ((times.getLast() - times.get(warmUp - 1)) / 1e9);
      }
    }
  }

  private static int[] prompt(TokenConfig text, int count) {
    try (TokenData data = text.open();
        Arena arena = Arena.ofConfined()) {
      TokenBatch batch = TokenBatch.allocate(arena, 1, count);
      data.heldOut(count).next(batch);
      return batch.ids().toArray(ValueLayout.JAVA_INT);
    }
  }

  private void keep(SeedResult result) throws IOException {
    Path partial = folder.resolve("." + RESULT + ".partial");
    Files.write(partial, MAPPER.writeValueAsBytes(new Kept(spec.text(), result)));
    Files.move(partial, folder.resolve(RESULT), StandardCopyOption.ATOMIC_MOVE);
  }
}
