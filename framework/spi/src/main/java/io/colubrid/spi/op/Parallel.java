package io.colubrid.spi.op;

/**
 * A loop over all threads, partitioned by its count alone so that results do not depend on load.
 */
public interface Parallel {
  int threads();

  /**
   * Runs a task over disjoint ranges that cover 0 to {@code count}, at most one range a thread; the
   * caller's thread takes part. A loop inside a loop runs on its own thread alone.
   *
   * @param grain the fewest indices worth a thread of their own
   */
  void forEachRange(long count, long grain, RangeTask task);

  /** A part of a loop. */
  @FunctionalInterface
  interface RangeTask {
    /**
     * @param from first index
     * @param to index behind the last
     */
    void run(long from, long to);
  }
}
