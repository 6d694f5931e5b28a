package io.colubrid.cli;

import io.colubrid.runtime.session.Session;
import io.colubrid.runtime.training.TrainedModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Scores a trained model. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    description = "Scores the newest checkpoint of a run on its held-out data.")
final class EvaluateCommand implements Callable<Integer> {
  @Mixin private SessionOptions options = new SessionOptions();
  @Mixin private DeviceOption device = new DeviceOption();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "RUN", description = "The run's folder.")
  private Path run = Path.of("");

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    try (Session session = options.open(spec.commandLine().getErr(), device);
        TrainedModel model = session.load(run)) {
      out.printf("%s after %,d updates%n", model.evaluate(), model.step());
      out.flush();
    }
    return 0;
  }
}
