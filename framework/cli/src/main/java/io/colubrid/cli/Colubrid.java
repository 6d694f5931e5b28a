package io.colubrid.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line {@code colubrid}. */
@Command(
    name = "colubrid",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    description = "Composes sequence models from layer plugins, trains and compares them.",
    footer = {
      "",
      "Exit code 0: done. 1: it ran, but the result is bad. 2: the input is wrong.",
      "Start with: colubrid compare examples/quickstart.conf"
    },
    subcommands = {
      CompareCommand.class,
      PlanCommand.class,
      ProfileCommand.class,
      BenchCommand.class,
      TrainCommand.class,
      EvaluateCommand.class,
      GenerateCommand.class,
      VerifyCommand.class,
      PluginsCommand.class,
      DoctorCommand.class
    })
public final class Colubrid implements Runnable {
  /** Runs the command that {@code args} name and ends the JVM with its exit code. */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Colubrid())
        .setExecutionExceptionHandler(new ExceptionPrinter())
        .setCaseInsensitiveEnumValuesAllowed(true);
  }

  @Override
  public void run() {
    CommandLine.usage(this, System.out);
  }
}
