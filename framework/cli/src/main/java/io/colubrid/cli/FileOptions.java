package io.colubrid.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A config file and what is changed of it. */
final class FileOptions {
  @Parameters(paramLabel = "FILE", description = "The config file.")
  private Path file = Path.of("");

  @Option(
      names = "--set",
      paramLabel = "PATH=VALUE",
      description = {
        "Changes a key, such as train.steps=500 or layers.5.mixer.d-state=32;",
        "may be given several times."
      })
  private List<String> sets = new ArrayList<>();

  Path file() {
    return file;
  }

  List<String> sets() {
    return sets;
  }

  /** The file's name without its ending. */
  String name() {
    String name = file.getFileName() == null ? "run" : file.getFileName().toString();
    return name.replaceFirst("\\.[^.]*$", "");
  }
}
