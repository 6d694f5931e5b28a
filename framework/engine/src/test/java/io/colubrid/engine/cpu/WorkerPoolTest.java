package io.colubrid.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerPoolTest {

  @ParameterizedTest
  @CsvSource({
    "0,1", "1,1", "1,16", "2,1", "15,16", "17,16", "1000,1", "1000,7", "4096,64", "99,98"
  })
  void everyIterationRunsExactlyOnce(int count, int grain) {
    for (int threads = 1; threads <= 5; threads++) {
      try (var pool = new WorkerPool(threads)) {
        var hits = new AtomicIntegerArray(Math.max(1, count));
        pool.forEachRange(
            count,
            grain,
            (from, to) -> {
              assertThat(from % grain).isZero();
              for (long i = from; i < to; i++) {
                hits.incrementAndGet((int) i);
              }
            });
        for (int i = 0; i < count; i++) {
          assertThat(hits.get(i)).as("iteration %d, %d threads", i, threads).isEqualTo(1);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void partitionDependsOnShapeAlone(int threads) {
    try (var pool = new WorkerPool(threads)) {
      var first = partition(pool, 12_345, 16);
      for (int repeat = 0; repeat < 50; repeat++) {
        assertThat(partition(pool, 12_345, 16)).isEqualTo(first);
      }
      assertThat(first).hasSize(pool.chunks(12_345, 16));
      // Inside a task the pool runs inline, over the very same chunks.
      pool.forEachTask(2, i -> assertThat(partition(pool, 12_345, 16)).isEqualTo(first));
    }
  }

  private static ConcurrentHashMap<Long, Long> partition(WorkerPool pool, long count, long grain) {
    var chunks = new ConcurrentHashMap<Long, Long>();
    pool.forEachRange(count, grain, (from, to) -> chunks.put(from, to));
    return chunks;
  }

  @Test
  void manyShortLoopsLoseNothing() {
    try (var pool = new WorkerPool(4)) {
      var sum = new AtomicInteger();
      for (int loop = 0; loop < 20_000; loop++) {
        int tasks = loop % 9;
        sum.set(0);
        pool.forEachTask(tasks, i -> sum.addAndGet(i + 1));
        assertThat(sum.get()).isEqualTo(tasks * (tasks + 1) / 2);
      }
    }
  }

  @Test
  void severalCallersMayShareAPool() throws InterruptedException {
    try (var pool = new WorkerPool(3)) {
      var sum = new AtomicInteger();
      var callers = new Thread[4];
      for (int c = 0; c < callers.length; c++) {
        callers[c] =
            Thread.ofPlatform()
                .start(
                    () -> {
                      for (int loop = 0; loop < 500; loop++) {
                        pool.forEachTask(7, i -> sum.incrementAndGet());
                      }
                    });
      }
      for (Thread caller : callers) {
        caller.join();
      }
      assertThat(sum.get()).isEqualTo(4 * 500 * 7);
    }
  }

  @Test
  void firstExceptionReachesTheCallerAndThePoolGoesOn() {
    try (var pool = new WorkerPool(3)) {
      assertThatThrownBy(
              () ->
                  pool.forEachTask(
                      64,
                      i -> {
                        if (i % 3 == 1) {
                          throw new ArithmeticException("task " + i);
                        }
                      }))
          .isInstanceOf(ArithmeticException.class)
          .hasMessageStartingWith("task ");
      var ran = new AtomicInteger();
      pool.forEachTask(64, i -> ran.incrementAndGet());
      assertThat(ran.get()).isEqualTo(64);
    }
  }

  @Test
  void refusesWhatItCannotDo() {
    assertThatThrownBy(() -> new WorkerPool(0)).isInstanceOf(IllegalArgumentException.class);
    var pool = new WorkerPool(2);
    assertThatThrownBy(() -> pool.forEachRange(1, 0, (from, to) -> {}))
        .isInstanceOf(IllegalArgumentException.class);
    pool.close();
    assertThatThrownBy(() -> pool.forEachTask(2, i -> {}))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }
}
