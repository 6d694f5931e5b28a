package io.colubrid.runtime.checkpoint;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Knows the checkpoints of one origin: what their config.json says, and their tensors' names. */
interface CheckpointFormat {
  /** The values of {@code model_type} in config.json that this format reads. */
  Set<String> modelTypes();

  /**
   * What a config that names no {@code model_type} is of, or null if this format does not know it.
   */
  default @Nullable String recognise(ForeignConfig config) {
    return null;
  }

  /**
   * Reads a config. What it cannot take over it notes in the config, which reports it as a whole.
   */
  ForeignModel read(ForeignConfig config);
}
