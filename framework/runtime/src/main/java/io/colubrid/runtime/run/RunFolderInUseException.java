package io.colubrid.runtime.run;

import java.io.IOException;
import java.nio.file.Path;

/** Another process, or another part of this one, works on the run folder. */
public final class RunFolderInUseException extends IOException {
  private static final long serialVersionUID = 1L;

  RunFolderInUseException(Path folder, String owner) {
    super(
        "the run folder %s is in use by %s; wait until it ends, or choose another --out"
            .formatted(folder, owner));
  }
}
