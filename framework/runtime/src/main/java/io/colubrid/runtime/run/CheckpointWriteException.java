package io.colubrid.runtime.run;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** A checkpoint could not be written. Those written before are untouched. */
public final class CheckpointWriteException extends IOException {
  private static final long serialVersionUID = 1L;

  CheckpointWriteException(String what, Path folder, IOException cause) {
    super(
        ("%s was not written to %s: %s. Earlier checkpoints there are untouched;"
                + " make room or the folder writable, then resume")
            .formatted(what, folder, reason(cause)),
        cause);
  }

  private static String reason(IOException cause) {
    return switch (cause) {
      case AccessDeniedException denied -> "permission denied for " + denied.getFile();
      case FileSystemException failed when failed.getReason() == null ->
          failed.getClass().getSimpleName() + " for " + failed.getFile();
      default -> String.valueOf(cause.getMessage());
    };
  }
}
