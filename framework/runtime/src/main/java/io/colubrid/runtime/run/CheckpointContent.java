package io.colubrid.runtime.run;

import java.io.IOException;

/** Writes the files of one checkpoint. */
@FunctionalInterface
public interface CheckpointContent {
  void writeTo(CheckpointDraft draft) throws IOException;
}
