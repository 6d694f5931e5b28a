package io.colubrid.cli;

import io.colubrid.runtime.plugin.PluginProblem;
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
  Session open(PrintWriter err, DeviceOption device) {
    return told(Session.open(plugins, device.name()), err);
  }

  /** The same, for what computes on the processor alone. */
  Session open(PrintWriter err) {
    return told(Session.open(plugins), err);
  }

  private Session told(Session session, PrintWriter err) {
    tell(session.plugins().problems(), err);
    return session;
  }

  /** Says which plugins could not be loaded. */
  void tell(List<PluginProblem> problems, PrintWriter err) {
    problems.forEach(problem -> err.println("plugin left out: " + problem));
    err.flush();
  }

  /** All plugin directories: those given, and the user's own. */
  List<Path> directories() {
    return Session.directories(plugins);
  }

  boolean debug() {
    return debug;
  }
}
