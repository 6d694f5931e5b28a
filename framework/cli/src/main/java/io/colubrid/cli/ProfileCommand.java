package io.colubrid.cli;

import io.colubrid.runtime.profile.Profile;
import io.colubrid.runtime.profile.ProfileJson;
import io.colubrid.runtime.profile.ProfileText;
import io.colubrid.runtime.session.Session;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Tells where the time of a training step goes. */
@Command(
    name = "profile",
    mixinStandardHelpOptions = true,
    description = {
      "Times the kernels of a model's training step, on random tokens of the file's batch and"
          + " length.",
      "Other work on the machine shows in the times."
    })
final class ProfileCommand implements Callable<Integer> {
  @Mixin private SessionOptions options = new SessionOptions();
  @Mixin private DeviceOption device = new DeviceOption();
  @Mixin private FileOptions config = new FileOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--steps",
      defaultValue = "20",
      description = "Steps to measure after the warm-up (default: ${DEFAULT-VALUE}).")
  private int steps;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description = "Write the kernels as a trace for chrome://tracing or ui.perfetto.dev.")
  private @Nullable Path trace;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    try (Session session = options.open(spec.commandLine().getErr(), device)) {
      Profile profile = session.profile(session.read(config.file(), config.sets()), steps, trace);
      out.print(json ? ProfileJson.of(profile) : ProfileText.of(profile));
      out.flush();
    }
    return 0;
  }
}
