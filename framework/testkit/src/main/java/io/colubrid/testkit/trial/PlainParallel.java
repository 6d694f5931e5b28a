package io.colubrid.testkit.trial;

import io.colubrid.spi.op.Parallel;

/** Runs the ranges that so many threads would get, last one first. */
record PlainParallel(int threads) implements Parallel {
  @Override
  public void forEachRange(long count, long grain, RangeTask task) {
    long ranges = Math.clamp((count + grain - 1) / grain, 1, threads);
    for (long i = ranges - 1; i >= 0; i--) {
      task.run(count * i / ranges, count * (i + 1) / ranges);
    }
  }
}
