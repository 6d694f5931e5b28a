package io.colubrid.nn;

import io.colubrid.spi.op.Parallel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A loop over a number of threads, for bodies outside the engine. */
final class Threads implements Parallel, AutoCloseable {
  private final int threads;
  private final ExecutorService pool;

  Threads(int threads) {
    this.threads = threads;
    pool = Executors.newFixedThreadPool(threads, Thread.ofPlatform().daemon().factory());
  }

  @Override
  public int threads() {
    return threads;
  }

  @Override
  public void forEachRange(long count, long grain, RangeTask task) {
    long parts = Math.min(threads, Math.ceilDiv(count, grain));
    List<Future<?>> running = new ArrayList<>();
    for (long part = 1; part < parts; part++) {
      long from = count * part / parts;
      long to = count * (part + 1) / parts;
      running.add(pool.submit(() -> task.run(from, to)));
    }
    if (parts > 0) {
      task.run(0, count / parts);
    }
    for (Future<?> future : running) {
      try {
        future.get();
      } catch (InterruptedException | java.util.concurrent.ExecutionException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Override
  public void close() {
    pool.shutdown();
  }
}
