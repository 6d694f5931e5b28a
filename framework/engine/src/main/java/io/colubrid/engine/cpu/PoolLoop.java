package io.colubrid.engine.cpu;

import io.colubrid.spi.op.Parallel;

/** The worker pool as plugins see it: one range a thread at most. */
record PoolLoop(WorkerPool pool) implements Parallel {
  @Override
  public int threads() {
    return pool.threads();
  }

  @Override
  public void forEachRange(long count, long grain, RangeTask task) {
    long most = count <= 0 ? 0 : (count - 1) / Math.max(1, grain) + 1;
    int parts = (int) Math.min(pool.threads(), most);
    if (parts == 1) {
      task.run(0, count);
    } else {
      pool.forEachTask(parts, part -> task.run(count * part / parts, count * (part + 1) / parts));
    }
  }
}
