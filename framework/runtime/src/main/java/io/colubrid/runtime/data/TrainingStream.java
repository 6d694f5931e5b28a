package io.colubrid.runtime.data;

import java.lang.foreign.Arena;

/**
 * An endless stream of batches to train on. The same data, seed and row length give the same
 * stream, whatever the number of rows of a batch, and a position is all it takes to go on.
 *
 * <p>Not for use by several threads at once.
 *
 * @param <B> the batches it fills
 */
public interface TrainingStream<B extends Batch> {
  /** A batch in memory of its own, which lives as long as the arena. */
  B allocate(Arena arena, int rows);

  /** Where the next batch begins. */
  DataPosition position();

  /**
   * Goes on from there.
   *
   * @throws DataException if these data have no such position
   */
  void seek(DataPosition position);

  /**
   * Fills a batch with what comes next.
   *
   * @return how many targets there are
   */
  int fill(B into);
}
