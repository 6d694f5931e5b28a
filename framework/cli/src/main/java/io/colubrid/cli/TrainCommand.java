package io.colubrid.cli;

import io.colubrid.runtime.data.Score;
import io.colubrid.runtime.metrics.LayerFigures;
import io.colubrid.runtime.run.StopSignal;
import io.colubrid.runtime.session.Session;
import io.colubrid.runtime.training.RunSpec;
import io.colubrid.runtime.training.TrainingRun;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Trains one model in a folder. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    description = {
      "Trains a model: train FILE --out RUN begins a run, train --resume --out RUN goes on with it.",
      "SIGTERM or Ctrl-C ends it after a checkpoint."
    })
final class TrainCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  @Mixin private SessionOptions options = new SessionOptions();
  @Mixin private DeviceOption device = new DeviceOption();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "FILE", arity = "0..1", description = "The config file.")
  private @Nullable Path file;

  @Option(
      names = "--set",
      paramLabel = "PATH=VALUE",
      description = "Changes a key; may be given several times.")
  private List<String> sets = new ArrayList<>();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "RUN",
      description = "The run's folder: checkpoints, metrics, event files.")
  private Path out = Path.of("");

  @Option(names = "--resume", description = "Go on from the newest checkpoint.")
  private boolean resume;

  @Override
  public Integer call() throws IOException, InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    try (Session session = options.open(err, device);
        ProgressDisplay display = new ProgressDisplay(err, out.toString());
        TrainingRun run = open(session, display);
        StopSignal stop = StopSignal.install(PATIENCE, display::note)) {
      TrainingRun.Outcome outcome = run.run(stop::requested);
      display.finish();
      Score score = outcome.score();
      PrintWriter result = spec.commandLine().getOut();
      result.println(
          outcome.finished()
              ? "done after %,d updates; %s"
                  .formatted(outcome.step(), score == null ? "not scored" : score)
              : "stopped after %,d updates; go on with train --resume --out %s"
                  .formatted(outcome.step(), out));
      result.print(LayerFigures.of(run.layerFigures()).table());
      result.flush();
    }
    return 0;
  }

  private TrainingRun open(Session session, ProgressDisplay display) throws IOException {
    if (resume) {
      if (file != null || !sets.isEmpty()) {
        throw new ParameterException(
            spec.commandLine(),
            "--resume goes on with the run's own config: give no FILE or --set");
      }
      return session.resume(out, display);
    }
    Path config = file;
    if (config == null) {
      throw new ParameterException(
          spec.commandLine(), "give a config FILE to begin a run, or --resume to go on with one");
    }
    RunSpec read = session.read(config, sets);
    return session.begin(read, out, display);
  }
}
