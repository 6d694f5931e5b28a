package io.colubrid.cli;

import io.colubrid.runtime.experiment.ComparisonListener;
import io.colubrid.runtime.experiment.ComparisonSpec;
import io.colubrid.runtime.report.ComparisonReport;
import io.colubrid.runtime.report.ReportText;
import io.colubrid.runtime.run.StopSignal;
import io.colubrid.runtime.session.Session;
import io.colubrid.runtime.training.TrainingListener;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Trains several models on the same data and reports how they compare. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    description = {
      "Trains the models of a file's compare section and writes report.html and results.json.",
      "Stopped early, the same command with the same --out goes on where it was.",
      "Longer: --set train.steps=5000. With error bars: --set compare.seeds=3."
    })
final class CompareCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  @Mixin private SessionOptions options = new SessionOptions();
  @Mixin private DeviceOption device = new DeviceOption();
  @Mixin private FileOptions config = new FileOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where runs and the report go (default: a new folder under runs/).")
  private @Nullable Path out;

  @Override
  public Integer call() throws IOException, InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    try (Session session = options.open(err, device)) {
      ComparisonSpec comparison = session.readComparison(config.file(), config.sets());
      Path folder = out != null ? out : newFolder();
      try (Displays displays = new Displays(err);
          StopSignal stop = StopSignal.install(PATIENCE, displays::note)) {
        ComparisonReport report = session.compare(comparison, folder, displays, stop::requested);
        displays.finish();
        PrintWriter result = spec.commandLine().getOut();
        result.print(
            report == null
                ? "stopped; the same command with --out %s goes on%n".formatted(folder)
                : ReportText.of(report)
                    + "%nreport: %s%n".formatted(folder.resolve("report.html")));
        result.flush();
      }
    }
    return 0;
  }

  /** The first of runs/NAME, runs/NAME-2, runs/NAME-3 ... that is not there yet. */
  private Path newFolder() {
    Path folder = Path.of("runs", config.name());
    for (int i = 2; Files.exists(folder); i++) {
      folder = Path.of("runs", config.name() + "-" + i);
    }
    return folder;
  }

  /** One display after the other. */
  private static final class Displays implements ComparisonListener, AutoCloseable {
    private final PrintWriter err;
    private @Nullable ProgressDisplay current;

    Displays(PrintWriter err) {
      this.err = err;
    }

    @Override
    public TrainingListener training(String model, long seed, int cell, int cells) {
      finish();
      String task = "%d/%d %s, seed %d".formatted(cell, cells, model, seed);
      ProgressDisplay next = new ProgressDisplay(err, task);
      current = next;
      return next;
    }

    @Override
    public void note(String sentence) {
      if (current != null) {
        current.note(sentence);
      } else {
        err.println(sentence);
        err.flush();
      }
    }

    @Override
    public void close() {
      finish();
    }

    void finish() {
      if (current != null) {
        current.finish();
      }
      current = null;
    }
  }
}
