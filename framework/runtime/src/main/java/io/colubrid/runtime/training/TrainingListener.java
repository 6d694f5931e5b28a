package io.colubrid.runtime.training;

import java.time.Duration;

/** Watches a run. */
public interface TrainingListener {
  /** Watches nothing. */
  TrainingListener SILENT = new TrainingListener() {};

  /** Called after every update. */
  default void updated(Progress progress) {}

  /** Called after an evaluation. */
  default void evaluated(long step, double bitsPerByte) {}

  /** Called after a checkpoint was written. */
  default void saved(long step) {}

  /** Called with a sentence for the user. */
  default void note(String sentence) {}

  /**
   * How far a run is.
   *
   * @param step updates done
   * @param steps updates in all
   * @param loss mean loss of the last update, in nats
   * @param tokensPerSecond tokens with a target, a second of training
   * @param left time to go, at that speed
   */
  record Progress(long step, long steps, double loss, double tokensPerSecond, Duration left) {}
}
