package io.colubrid.runtime.training;

import io.colubrid.engine.backend.Backend;
import io.colubrid.runtime.data.DataSet;
import io.colubrid.runtime.data.Score;
import io.colubrid.runtime.metrics.EventFileWriter;
import io.colubrid.runtime.metrics.MetricsLog;
import io.colubrid.runtime.metrics.MetricsRow;
import io.colubrid.runtime.run.Checkpoint;
import io.colubrid.runtime.run.CheckpointFolder;
import io.colubrid.runtime.run.RunLock;
import io.colubrid.runtime.run.RunRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A run with a folder: trains, evaluates and writes checkpoints so that whatever interrupts it
 * loses nothing that was saved, and going on from a checkpoint gives the weights of an unbroken
 * run.
 */
public final class TrainingRun implements AutoCloseable {
  private final RunSpec spec;
  private final Path folder;
  private final RunLock lock;
  private final TrainingListener listener;
  private final CheckpointFolder checkpoints;
  private final DataSet<?> data;
  private final Trainer trainer;
  private final MetricsLog metrics;
  private final EventFileWriter events;
  private long saved = -1;

  /** What a finished or stopped run leaves. */
  public record Outcome(long step, boolean finished, @Nullable Score score) {}

  /** Data and who learns from them: made first, so that what cannot run leaves nothing behind. */
  private record Learning(DataSet<?> data, Trainer trainer) implements AutoCloseable {
    static Learning prepare(RunSpec spec, Backend backend, TrainingListener listener) {
      DataSet<?> data = spec.data().open();
      try {
        return new Learning(data, new Trainer(spec, backend, data, listener));
      } catch (RuntimeException | Error e) {
        data.close();
        throw e;
      }
    }

    @Override
    public void close() {
      trainer.close();
      data.close();
    }
  }

  /** Does the rest of opening a run; what was made is given back if it cannot be done. */
  private interface Opening {
    TrainingRun with(Learning learning) throws IOException;
  }

  private static TrainingRun open(
      RunSpec spec, Backend backend, TrainingListener listener, Opening opening)
      throws IOException {
    Learning learning = Learning.prepare(spec, backend, listener);
    try {
      return opening.with(learning);
    } catch (IOException | RuntimeException e) {
      learning.close();
      throw e;
    }
  }

  private TrainingRun(
      RunSpec spec, Path folder, RunLock lock, Learning learning, TrainingListener listener)
      throws IOException {
    this.spec = spec;
    this.folder = folder;
    this.lock = lock;
    this.listener = listener;
    this.checkpoints =
        CheckpointFolder.open(RunFiles.checkpoints(folder), spec.train().keepCheckpoints());
    this.data = learning.data();
    this.trainer = learning.trainer();
    this.metrics = MetricsLog.open(folder.resolve(MetricsLog.FILE_NAME));
    this.events = EventFileWriter.open(folder.resolve(RunFiles.EVENTS));
  }

  /**
   * Begins a run in a new or empty folder.
   *
   * @throws IOException if the folder cannot be written, is taken, or holds a run already
   */
  public static TrainingRun begin(
      RunSpec spec, Path folder, RunRecord record, Backend backend, TrainingListener listener)
      throws IOException {
    try {
      Files.createDirectories(folder);
      return beginIn(spec, folder, record, backend, listener);
    } catch (FileSystemException told) {
      throw told;
    } catch (IOException e) {
      String message = String.valueOf(e.getMessage());
      throw message.contains(folder.toString())
          ? e
          : new IOException(
              folder + " cannot be written: " + message + "; make room, or name another folder", e);
    }
  }

  private static TrainingRun beginIn(
      RunSpec spec, Path folder, RunRecord record, Backend backend, TrainingListener listener)
      throws IOException {
    RunLock lock = RunLock.acquire(folder);
    try {
      if (Files.exists(folder.resolve(RunFiles.CONFIG))) {
        throw new IOException(
            folder + " holds a run already; go on with --resume, or name another folder");
      }
      return open(
          spec,
          backend,
          listener,
          learning -> {
            Files.writeString(folder.resolve(RunFiles.CONFIG), spec.text());
            record.write(folder.resolve(RunRecord.FILE_NAME));
            return new TrainingRun(spec, folder, lock, learning, listener);
          });
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /**
   * Goes on with a run from its newest sound checkpoint, or from its beginning if there is none.
   *
   * @param reader reads the config that the run was begun with
   */
  public static TrainingRun resume(
      RunSpecReader reader,
      Path folder,
      RunRecord record,
      Backend backend,
      TrainingListener listener)
      throws IOException {
    requireRun(folder);
    RunLock lock = RunLock.acquire(folder);
    try {
      RunRecord before = RunRecord.read(folder.resolve(RunRecord.FILE_NAME));
      for (String difference : record.differences(before)) {
        listener.note(difference + ": the weights can differ from those of an unbroken run");
      }
      Optional<Checkpoint> latest = latest(folder);
      RunSpec spec = spec(reader, folder);
      return open(
          spec,
          backend,
          listener,
          learning -> {
            TrainingRun run = new TrainingRun(spec, folder, lock, learning, listener);
            if (latest.isEmpty()) {
              run.metrics.truncateAfter(0);
            } else {
              run.restore(SavedRun.read(latest.get().folder()), latest.get());
            }
            return run;
          });
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** What a run was begun with. */
  public static RunSpec spec(RunSpecReader reader, Path folder) {
    return reader.read(folder.resolve(RunFiles.CONFIG), List.of());
  }

  static void requireRun(Path folder) throws IOException {
    if (!Files.exists(folder.resolve(RunFiles.CONFIG))) {
      throw new IOException(
          folder
              + " holds no run: there is no "
              + RunFiles.CONFIG
              + "; colubrid train FILE --out FOLDER begins one");
    }
  }

  static Optional<Checkpoint> latest(Path folder) throws IOException {
    Path checkpoints = RunFiles.checkpoints(folder);
    return Files.isDirectory(checkpoints)
        ? CheckpointFolder.open(checkpoints, Integer.MAX_VALUE).latest()
        : Optional.empty();
  }

  private void restore(SavedRun savedRun, Checkpoint checkpoint) throws IOException {
    checkpoint.passedOver().forEach(listener::note);
    if (!savedRun.data().equals(fingerprint())) {
      throw new IOException(
          "the data of "
              + folder
              + " are not what they were when the checkpoint was written, so the run cannot go on"
              + " with them");
    }
    savedRun.restore(checkpoint.folder(), trainer);
    saved = checkpoint.step();
    metrics.truncateAfter(checkpoint.step());
    events.resumeAt(checkpoint.step() + 1);
  }

  private String fingerprint() {
    return Long.toHexString(data.fingerprint());
  }

  public Trainer trainer() {
    return trainer;
  }

  public DataSet<?> data() {
    return data;
  }

  /** The loss curve so far, also of what was trained before the run was gone on with. */
  public List<CurvePoint> curve() throws IOException {
    List<CurvePoint> points = new ArrayList<>();
    for (MetricsRow row : MetricsLog.read(folder.resolve(MetricsLog.FILE_NAME))) {
      Double loss = row.values().get("loss");
      Double tokens = row.values().get(units());
      Double seconds = row.values().get("seconds");
      if (loss != null && tokens != null && seconds != null) {
        points.add(new CurvePoint(row.step(), tokens.longValue(), seconds, loss));
      }
    }
    return points;
  }

  /** What layers reported at the last log point, by path and name. */
  public SequencedMap<String, Double> layerFigures() throws IOException {
    SequencedMap<String, Double> figures = new LinkedHashMap<>();
    for (MetricsRow row : MetricsLog.read(folder.resolve(MetricsLog.FILE_NAME))) {
      if (row.values().containsKey("loss")) {
        figures.clear();
        row.values().forEach((name, value) -> putLayers(name, value, figures));
      }
    }
    return figures;
  }

  /** A path stands before what a layer reports, and before nothing else. */
  private static void putLayers(String name, Double value, Map<String, Double> figures) {
    if (name.contains(".")) {
      figures.put(name, value);
    }
  }

  /**
   * Trains to the end, or until told to stop, with a checkpoint at last.
   *
   * @param stop asked between steps
   */
  public Outcome run(BooleanSupplier stop) throws IOException, InterruptedException {
    LossCurve curve = new LossCurve(this::log);
    Score score = null;
    while (!trainer.finished() && !stop.getAsBoolean()) {
      trainer.run(nextEvent(), stop, curve);
      long step = trainer.state().step();
      if (trainer.finished() || due(step, spec.train().evaluateEvery())) {
        score = evaluate(step);
      }
      if (trainer.finished() || due(step, spec.train().checkpointEvery()) || stop.getAsBoolean()) {
        save();
      }
    }
    if (trainer.finished() && score == null) {
      // It was finished before, and its score stands in the metrics; whoever asks sees it again.
      score = trainer.evaluate();
    }
    return new Outcome(trainer.state().step(), trainer.finished(), score);
  }

  private static boolean due(long step, long every) {
    return every > 0 && step % every == 0;
  }

  private long nextEvent() {
    long step = trainer.state().step();
    TrainConfig train = spec.train();
    long next = train.steps();
    for (long every : new long[] {train.evaluateEvery(), train.checkpointEvery()}) {
      if (every > 0) {
        next = Math.min(next, (step / every + 1) * every);
      }
    }
    return next;
  }

  private Score evaluate(long step) throws IOException {
    Score score = trainer.evaluate();
    record(step, score.metrics());
    return score;
  }

  private void save() throws IOException {
    TrainingState state = trainer.state();
    if (state.step() != saved) {
      SavedRun run = SavedRun.of(spec, state, fingerprint());
      checkpoints.save(state.step(), draft -> run.write(draft, trainer));
      saved = state.step();
      listener.saved(saved);
    }
  }

  private void log(LossCurve.Entry entry) {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", entry.point().loss());
    values.put("learning-rate", entry.learningRate());
    values.put("gradient-norm", entry.gradientNorm());
    values.put(units(), (double) entry.point().tokens());
    values.put("seconds", entry.point().seconds());
    values.putAll(entry.layers());
    try {
      record(entry.point().step(), values);
    } catch (IOException e) {
      throw new UncheckedIOException("the metrics of " + folder + " cannot be written", e);
    }
  }

  /** The key of how much was learned from, such as {@code tokens}. */
  private String units() {
    return spec.data().task().unit().plural();
  }

  private void record(long step, Map<String, Double> values) throws IOException {
    metrics.append(step, values);
    events.write(step, values);
  }

  @Override
  public void close() throws IOException {
    trainer.close();
    data.close();
    metrics.close();
    events.close();
    lock.close();
  }
}
