package io.colubrid.runtime.checkpoint;

import java.util.Set;

/** Knows the checkpoints of one origin: what their config.json says, and their tensors' names. */
interface CheckpointFormat {
  /** The values of {@code model_type} in config.json that this format reads. */
  Set<String> modelTypes();

  /**
   * Reads a config. What it cannot take over it notes in the config, which reports it as a whole.
   */
  ForeignModel read(ForeignConfig config);
}
