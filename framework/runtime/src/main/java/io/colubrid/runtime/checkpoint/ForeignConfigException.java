package io.colubrid.runtime.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A foreign config says what cannot be taken over; the message names every such key. */
public final class ForeignConfigException extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  ForeignConfigException(Path file, List<String> problems) {
    super(file + ": " + String.join("\n" + file + ": ", problems));
    this.problems = List.copyOf(problems);
  }

  /** What is wrong, each with its key in front. */
  public List<String> problems() {
    return problems;
  }
}
