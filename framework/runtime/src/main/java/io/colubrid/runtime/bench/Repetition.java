package io.colubrid.runtime.bench;

/**
 * How often something is measured.
 *
 * @param warmUpNanos how long it is run before it is measured, for the JVM to compile it
 * @param measureNanos how long it is measured
 * @param fewest runs in either part, unless they take several times as long; one is always made
 * @param most runs that are measured
 */
record Repetition(long warmUpNanos, long measureNanos, int fewest, int most) {
  private static final int PATIENCE = 4;

  /** The JVM takes a while to compile what it runs. */
  static final Repetition OF_CPU = new Repetition(2_000_000_000L, 3_000_000_000L, 5, 501);

  /** Replays need no warm-up but the first; clocks rise within moments. */
  static final Repetition OF_GPU = new Repetition(200_000_000L, 600_000_000L, 3, 101);

  /** Whether to warm up further. */
  boolean warmsUp(int runs, long nanos) {
    return goesOn(runs, nanos, warmUpNanos);
  }

  /** Whether to measure further. */
  boolean measures(int runs, long nanos) {
    return runs < most && goesOn(runs, nanos, measureNanos);
  }

  private boolean goesOn(int runs, long nanos, long meant) {
    return runs == 0 || nanos < meant || (runs < fewest && nanos < PATIENCE * meant);
  }
}
