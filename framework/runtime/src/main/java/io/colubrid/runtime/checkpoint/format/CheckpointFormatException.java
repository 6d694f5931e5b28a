package io.colubrid.runtime.checkpoint.format;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A tensor file breaks its format; the message names file, tensor, what was expected and found. */
public final class CheckpointFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  public CheckpointFormatException(Path file, String problem) {
    this(file, problem, null);
  }

  public CheckpointFormatException(Path file, String problem, @Nullable Throwable cause) {
    super(file + ": " + problem, cause);
  }
}
