package io.colubrid.runtime.bench;

/**
 * How often something is measured.
 *
 * @param warmUpNanos how long it is run before it is measured, for the JVM to compile it
 * @param measureNanos how long it is measured
 * @param fewest runs in either part, however long they take
 * @param most runs that are measured
 */
record Repetition(long warmUpNanos, long measureNanos, int fewest, int most) {
  /** The JVM takes a while to compile what it runs. */
  static final Repetition OF_CPU = new Repetition(2_000_000_000L, 3_000_000_000L, 5, 501);

  /** Replays need no warm-up but the first; clocks rise within moments. */
  static final Repetition OF_GPU = new Repetition(200_000_000L, 600_000_000L, 3, 101);
}
