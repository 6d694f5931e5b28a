package io.colubrid.plugins.attention;

import io.colubrid.spi.op.Parallel;

/** Cuts a loop into parts that each have a scratch memory of their own. */
final class Parts {
  private Parts() {}

  /** A part of a loop. */
  @FunctionalInterface
  interface Part {
    /**
     * @param part its number, below the number of threads
     * @param from first index
     * @param to index behind the last
     */
    void run(int part, long from, long to);
  }

  static void run(Parallel parallel, long count, Part body) {
    long parts = Math.min(parallel.threads(), count);
    parallel.forEachRange(
        parts,
        1,
        (from, to) -> {
          for (long part = from; part < to; part++) {
            body.run((int) part, count * part / parts, count * (part + 1) / parts);
          }
        });
  }

  /**
   * The order 0, n−1, 1, n−2, …: under a causal mask work grows with the index, and neighbours in
   * this order add up to the same.
   */
  static int fromBothEnds(int index, int count) {
    return index % 2 == 0 ? index / 2 : count - 1 - index / 2;
  }
}
