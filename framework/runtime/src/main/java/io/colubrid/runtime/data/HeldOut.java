package io.colubrid.runtime.data;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One pass over what is held out, always the same, and what the model is worth by its answers.
 *
 * @param <B> the batches it fills
 */
public interface HeldOut<B extends Batch> {
  /** A batch in memory of its own, which lives as long as the arena. */
  B allocate(Arena arena, int rows);

  /** Begins the pass anew, and forgets what was answered. */
  void rewind();

  /**
   * Fills a batch, with padding behind the last of the pass.
   *
   * @return false, and the batch is as it was, if the pass is over
   */
  boolean next(B into);

  /** Whether {@link #add} looks at the head's scores. */
  boolean readsAnswers();

  /**
   * Counts what the model made of the batch that came last.
   *
   * @param summedLoss over all targets, in nats
   * @param answers the head's scores, F32; empty unless {@link #readsAnswers}
   */
  void add(double summedLoss, MemorySegment answers);

  /** What the batches so far add up to. */
  Score score();
}
