package io.colubrid.cli;

import io.colubrid.runtime.session.LayerListing;
import io.colubrid.runtime.session.Session;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lists what plugins bring. */
@Command(
    name = "plugins",
    mixinStandardHelpOptions = true,
    description = "Lists layers, stems, heads and optimizers with their keys, defaults and origin.",
    subcommands = {PluginsCheckCommand.class, PluginsNewCommand.class})
final class PluginsCommand implements Callable<Integer> {
  @Mixin private SessionOptions options = new SessionOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "NAME", arity = "0..*", description = "Only these.")
  private List<String> names = new ArrayList<>();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try (Session session = options.open(spec.commandLine().getErr())) {
      out.print(LayerListing.of(session.plugins().registry(), names));
      out.flush();
    }
    return 0;
  }
}
