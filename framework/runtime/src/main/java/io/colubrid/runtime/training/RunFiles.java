package io.colubrid.runtime.training;

import java.nio.file.Path;

/** Where things lie in a run's folder. */
final class RunFiles {
  /** The config as it was resolved when the run began. */
  static final String CONFIG = "config.conf";

  /** Checkpoints by step. */
  static final String CHECKPOINTS = "checkpoints";

  /** Event files for TensorBoard. */
  static final String EVENTS = "events";

  /** In a checkpoint: the parameters. */
  static final String MODEL = "model.safetensors";

  /** In a checkpoint: the optimizer's slots. */
  static final String OPTIMIZER = "optimizer.safetensors";

  /** In a checkpoint: everything else. */
  static final String RUN = "run.json";

  private RunFiles() {}

  static Path checkpoints(Path run) {
    return run.resolve(CHECKPOINTS);
  }
}
