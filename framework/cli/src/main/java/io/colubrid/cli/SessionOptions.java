package io.colubrid.cli;

import io.colubrid.runtime.session.Session;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Options of every command that works with models. */
final class SessionOptions {
  @Option(
      names = "--plugins",
      paramLabel = "DIR",
      description = "A folder of plugin jars; may be given several times.")
  private List<Path> plugins = new ArrayList<>();

  @Option(names = "--debug", description = "Show stack traces.")
  private boolean debug;

  /** Loads the plugins and says which of them could not be. */
  Session open(PrintWriter err) {
    Session session = Session.open(plugins);
    session.plugins().problems().forEach(problem -> err.println("plugin left out: " + problem));
    err.flush();
    return session;
  }

  boolean debug() {
    return debug;
  }
}
