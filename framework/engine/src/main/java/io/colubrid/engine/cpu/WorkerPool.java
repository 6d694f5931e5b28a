package io.colubrid.engine.cpu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A fixed set of threads that share one loop at a time, the calling thread among them.
 *
 * <p>How a loop is cut into chunks depends on its count, its grain and the number of threads alone,
 * so that anything reduced chunk by chunk gives the same bits in every run. Which thread takes
 * which chunk is left to chance: a thread that was scheduled late costs no more than its own share.
 *
 * <p>A call made from inside a chunk, or while another thread uses the pool, runs the same chunks
 * one after the other on the calling thread. A dispatch allocates nothing.
 */
public final class WorkerPool implements AutoCloseable {

  /** System property that overrides the number of threads. */
  public static final String THREADS_PROPERTY = "colubrid.threads";

  private static final int CHUNKS_PER_THREAD = 4;
  private static final long WORKER_SPIN_NANOS = 15_000;
  private static final long CALLER_SPIN_NANOS = 50_000;
  private static final int SPINS_PER_CLOCK_READ = 16;

  private static final VarHandle TICKET;
  private static final VarHandle PENDING;

  static {
    try {
      var lookup = MethodHandles.lookup();
      TICKET = lookup.findVarHandle(WorkerPool.class, "ticket", long.class);
      PENDING = lookup.findVarHandle(WorkerPool.class, "pending", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** One contiguous part of a loop. */
  @FunctionalInterface
  public interface RangeTask {
    /** Runs the iterations {@code from} (inclusive) to {@code to} (exclusive). */
    void run(long from, long to);
  }

  /** One of a number of independent tasks. */
  @FunctionalInterface
  public interface IndexTask {
    /** Runs task {@code index}. */
    void run(int index);
  }

  private final int threads;
  private final Worker[] workers;
  private final AtomicBoolean busy = new AtomicBoolean();

  // The loop in progress. Plain fields: they are written before the ticket is published, and read
  // only by a thread that holds a chunk of the generation they belong to.
  private @Nullable RangeTask rangeTask;
  private @Nullable IndexTask indexTask;
  private long count;
  private long grain;
  private int chunks;

  // High half: generation of the loop; low half: chunks nobody has claimed yet. The generation
  // keeps a late thread from claiming a chunk of a loop that it has not seen begin.
  @SuppressWarnings("UnusedVariable")
  private volatile long ticket;

  @SuppressWarnings("UnusedVariable")
  private volatile int pending;

  private volatile @Nullable Thread waiter;
  private volatile @Nullable Throwable failure;
  private volatile boolean closed;

  /**
   * Starts a pool.
   *
   * @param threads how many threads work on a loop, the caller among them
   * @throws IllegalArgumentException if fewer than one
   */
  public WorkerPool(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("a worker pool needs at least one thread, got " + threads);
    }
    this.threads = threads;
    workers = new Worker[threads - 1];
    for (int i = 0; i < workers.length; i++) {
      workers[i] = new Worker();
      workers[i].thread =
          Thread.ofPlatform().daemon().name("colubrid-cpu-" + (i + 1)).unstarted(workers[i]);
    }
    for (Worker worker : workers) {
      worker.thread.start();
    }
  }

  /** Starts a pool of {@link #defaultThreads()} threads. */
  public WorkerPool() {
    this(defaultThreads());
  }

  /** The system property {@value #THREADS_PROPERTY}, or else the number of processors. */
  public static int defaultThreads() {
    String property = System.getProperty(THREADS_PROPERTY);
    if (property == null || property.isBlank()) {
      return Runtime.getRuntime().availableProcessors();
    }
    try {
      int threads = Integer.parseInt(property.strip());
      if (threads >= 1) {
        return threads;
      }
    } catch (NumberFormatException e) {
      // Reported below, together with numbers out of range.
    }
    throw new IllegalArgumentException(
        "-D" + THREADS_PROPERTY + " must be a whole number of at least 1, got '" + property + "'");
  }

  /** How many threads work on a loop, the caller among them. */
  public int threads() {
    return threads;
  }

  /** Into how many chunks {@link #forEachRange} cuts a loop; callers size partial results by it. */
  public int chunks(long count, long grain) {
    if (count <= 0) {
      return 0;
    }
    long units = (count - 1) / grain + 1;
    return threads == 1 ? 1 : (int) Math.min(units, (long) threads * CHUNKS_PER_THREAD);
  }

  /** First iteration of a chunk; that of {@code chunk == chunks} is the count itself. */
  public static long chunkStart(long count, long grain, int chunks, int chunk) {
    long units = (count - 1) / grain + 1;
    return Math.min(count, units * chunk / chunks * grain);
  }

  /**
   * Runs a loop in chunks that start at multiples of {@code grain}, and returns when all are done.
   *
   * @param count iterations in all
   * @param grain the smallest number of iterations worth handing to another thread
   * @param task must be free of conflicts between chunks; the first exception it throws is rethrown
   *     here after the running chunks have ended, and chunks not yet begun are dropped
   */
  public void forEachRange(long count, long grain, RangeTask task) {
    if (grain < 1) {
      throw new IllegalArgumentException("grain must be at least 1, got " + grain);
    }
    int parts = chunks(count, grain);
    if (parts == 0) {
      return;
    }
    if (parts == 1) {
      task.run(0, count);
    } else if (busy.compareAndSet(false, true)) {
      this.rangeTask = task;
      this.count = count;
      this.grain = grain;
      dispatch(parts);
    } else {
      for (int i = 0; i < parts; i++) {
        task.run(chunkStart(count, grain, parts, i), chunkStart(count, grain, parts, i + 1));
      }
    }
  }

  /** Runs {@code tasks} independent tasks; otherwise as {@link #forEachRange}. */
  public void forEachTask(int tasks, IndexTask task) {
    if (tasks > 1 && threads > 1 && busy.compareAndSet(false, true)) {
      this.indexTask = task;
      dispatch(tasks);
    } else {
      for (int i = 0; i < tasks; i++) {
        task.run(i);
      }
    }
  }

  private void dispatch(int parts) {
    try {
      if (closed) {
        throw new IllegalStateException("the worker pool is closed; no loop can start on it");
      }
      chunks = parts;
      failure = null;
      pending = parts;
      long generation = (ticket >>> 32) + 1;
      ticket = generation << 32 | parts;
      wakeWorkers(parts - 1);
      drain();
      awaitOthers();
      Throwable thrown = failure;
      if (thrown != null) {
        failure = null;
        throw WorkerPool.<RuntimeException>rethrow(thrown);
      }
    } finally {
      rangeTask = null;
      indexTask = null;
      busy.set(false);
    }
  }

  private void wakeWorkers(int wanted) {
    for (int i = 0; i < workers.length && i < wanted; i++) {
      if (workers[i].parked) {
        LockSupport.unpark(workers[i].thread);
      }
    }
  }

  /** Claims and runs chunks until none is left unclaimed. */
  private void drain() {
    while (true) {
      long seen = ticket;
      int left = (int) seen;
      if (left == 0) {
        return;
      }
      if (TICKET.compareAndSet(this, seen, seen - 1)) {
        runChunk(chunks - left);
        if ((int) PENDING.getAndAdd(this, -1) == 1) {
          Thread caller = waiter;
          if (caller != null) {
            LockSupport.unpark(caller);
          }
        }
      }
    }
  }

  private void runChunk(int chunk) {
    if (failure != null) {
      return;
    }
    try {
      RangeTask range = rangeTask;
      IndexTask index = indexTask;
      if (range != null) {
        range.run(
            chunkStart(count, grain, chunks, chunk), chunkStart(count, grain, chunks, chunk + 1));
      } else if (index != null) {
        index.run(chunk);
      }
    } catch (Throwable t) {
      fail(t);
    }
  }

  private synchronized void fail(Throwable t) {
    if (failure == null) {
      failure = t;
    }
  }

  private void awaitOthers() {
    if (pending == 0) {
      return;
    }
    long deadline = System.nanoTime() + CALLER_SPIN_NANOS;
    do {
      for (int i = 0; i < SPINS_PER_CLOCK_READ; i++) {
        if (pending == 0) {
          return;
        }
        Thread.onSpinWait();
      }
    } while (System.nanoTime() < deadline);
    waiter = Thread.currentThread();
    while (pending != 0) {
      LockSupport.park(this);
    }
    waiter = null;
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> T rethrow(Throwable t) throws T {
    throw (T) t;
  }

  /** Ends the threads. Loops can no longer be started; a loop in progress ends first. */
  @Override
  public void close() {
    closed = true;
    for (Worker worker : workers) {
      LockSupport.unpark(worker.thread);
    }
  }

  private final class Worker implements Runnable {
    // Set once, before the thread starts.
    @SuppressWarnings("NullAway")
    private Thread thread = null;

    private volatile boolean parked;

    @Override
    public void run() {
      while (!closed) {
        drain();
        if (!spin()) {
          parked = true;
          while ((int) ticket == 0 && !closed) {
            LockSupport.park(WorkerPool.this);
          }
          parked = false;
        }
      }
      drain();
    }

    private boolean spin() {
      long deadline = System.nanoTime() + WORKER_SPIN_NANOS;
      do {
        for (int i = 0; i < SPINS_PER_CLOCK_READ; i++) {
          if ((int) ticket != 0) {
            return true;
          }
          Thread.onSpinWait();
        }
      } while (System.nanoTime() < deadline);
      return false;
    }
  }
}
