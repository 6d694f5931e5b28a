package io.colubrid.runtime.training;

import io.colubrid.runtime.data.Score;
import io.colubrid.runtime.data.Task;
import java.time.Duration;

/** Watches a run. */
public interface TrainingListener {
  /** Watches nothing. */
  TrainingListener SILENT = new TrainingListener() {};

  /** Called after every update. */
  default void updated(Progress progress) {}

  /** Called after an evaluation. */
  default void evaluated(long step, Score score) {}

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
   * @param perSecond what was learned from in a second of training
   * @param unit what that is counted in
   * @param left time to go, at that speed
   */
  record Progress(
      long step, long steps, double loss, double perSecond, Task.Unit unit, Duration left) {}
}
