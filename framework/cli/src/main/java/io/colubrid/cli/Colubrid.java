package io.colubrid.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line {@code colubrid}. */
@Command(
    name = "colubrid",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Composes sequence models from layer plugins, trains and compares them.")
public final class Colubrid implements Runnable {
  /** Runs the command that {@code args} name and ends the JVM with its exit code. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Colubrid()).execute(args));
  }

  @Override
  public void run() {
    CommandLine.usage(this, System.out);
  }
}
