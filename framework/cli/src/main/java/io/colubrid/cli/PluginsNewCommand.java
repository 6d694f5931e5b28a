package io.colubrid.cli;

import io.colubrid.runtime.scaffold.LocalRepository;
import io.colubrid.runtime.scaffold.PluginNames;
import io.colubrid.runtime.scaffold.PluginProject;
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
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Begins a plugin. */
@Command(
    name = "new",
    mixinStandardHelpOptions = true,
    description = {
      "Writes a Maven project with a small layer that works, its keys, their defaults, a"
          + " conformance test and a model that uses it: the beginnings of a layer of your own."
    })
final class PluginsNewCommand implements Callable<Integer> {
  private static final String LAUNCHER = "colubrid.launcher";

  @Mixin private SessionOptions options = new SessionOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "NAME", description = "The layer's name, such as my-layer.")
  private String name = "";

  @Option(
      names = "--package",
      paramLabel = "PACKAGE",
      required = true,
      description = "The Java package of its classes, such as com.example.")
  private String javaPackage = "";

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where the project goes (default: a folder of the layer's name).")
  private @Nullable Path out;

  @Override
  public Integer call() throws IOException {
    PluginProject project = new PluginProject(new PluginNames(name, javaPackage));
    requireNewName();
    Path folder = out != null ? out : Path.of(name);
    PrintWriter told = spec.commandLine().getOut();
    project.write(folder).forEach(file -> told.println("wrote " + file));
    String launcher = System.getProperty(LAUNCHER, "colubrid");
    String version = project.colubridVersion();
    if (!LocalRepository.usual().holds(version)) {
      told.printf("%nspi, nn and testkit %s are not in your Maven repository yet:%n", version);
      told.printf("  %s install%n", launcher);
    }
    told.printf("%nbuild, test and use it:%n  cd %s%n  mvn package%n", folder);
    told.printf("  %s plugins check %s%n", launcher, project.jar());
    told.printf("  %s plan %s --plugins %s%n", launcher, project.example(), project.jar());
    told.flush();
    return 0;
  }

  private void requireNewName() {
    try (Session session = options.open(spec.commandLine().getErr())) {
      session
          .plugins()
          .registry()
          .layer(name)
          .filter(known -> known.origin().builtIn())
          .ifPresent(
              known -> {
                throw new IllegalArgumentException(
                    "there is a layer '%s' already, of %s; choose another name"
                        .formatted(name, known.origin()));
              });
    }
  }
}
