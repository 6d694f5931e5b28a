package io.colubrid.runtime.data;

import java.lang.foreign.Arena;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Reads a training stream ahead of the step, in one daemon thread and a few buffers of its own.
 * From its construction on, the stream belongs to it.
 *
 * <p>For one consuming thread. A batch is valid until the next one is asked for.
 *
 * @param <B> the batches of the stream
 */
public final class Prefetcher<B extends Batch> implements AutoCloseable {
  private static final int MIN_BUFFERS = 2;

  /** What the reading thread hands over: a batch, or why there is none. */
  private sealed interface Outcome<B extends Batch> {}

  private record Read<B extends Batch>(PrefetchedBatch<B> batch) implements Outcome<B> {}

  private record Failed<B extends Batch>(Throwable cause) implements Outcome<B> {}

  private final TrainingStream<B> stream;
  private final Arena arena = Arena.ofShared();
  private final BlockingQueue<B> free;
  private final BlockingQueue<Outcome<B>> ready;
  private final Thread thread;
  private @Nullable B lent;
  private @Nullable Throwable failure;
  private DataPosition position;
  private boolean closed;

  /**
   * Starts to read from where the stream stands.
   *
   * @param batch rows of a batch
   * @param buffers batches in memory, the one in use counted; at least 2
   */
  public Prefetcher(TrainingStream<B> stream, int batch, int buffers) {
    int count = Math.max(buffers, MIN_BUFFERS);
    this.stream = stream;
    this.position = stream.position();
    this.free = new ArrayBlockingQueue<>(count);
    // One place more, so that the word of a failure never waits for the consumer.
    this.ready = new ArrayBlockingQueue<>(count + 1);
    for (int i = 0; i < count; i++) {
      free.add(stream.allocate(arena, batch));
    }
    this.thread = Thread.ofPlatform().name("data-prefetch").daemon().start(this::readAhead);
  }

  private void readAhead() {
    try {
      while (true) {
        B buffer = free.take();
        int targets = stream.fill(buffer);
        ready.put(new Read<>(new PrefetchedBatch<>(buffer, targets, stream.position())));
      }
    } catch (InterruptedException e) {
      // The consumer has closed us and waits for nothing more.
      Thread.currentThread().interrupt();
    } catch (Throwable e) {
      ready.add(new Failed<>(e));
    }
  }

  /**
   * The next batch, in the order of the stream; takes back the one handed out before.
   *
   * @throws DataException what the reading thread failed with, in front of this and every later
   *     batch
   * @throws IllegalStateException if this is closed
   * @throws InterruptedException if the caller is interrupted while it waits
   */
  public PrefetchedBatch<B> next() throws InterruptedException {
    requireUsable();
    if (lent != null) {
      free.add(lent);
      lent = null;
    }
    return switch (ready.take()) {
      case Read<B>(PrefetchedBatch<B> read) -> {
        lent = read.batch();
        position = read.after();
        yield read;
      }
      case Failed<B>(Throwable cause) -> {
        failure = cause;
        throw failed(cause);
      }
    };
  }

  private void requireUsable() {
    if (closed) {
      throw new IllegalStateException("the prefetcher is closed");
    }
    if (failure != null) {
      throw failed(failure);
    }
  }

  private static DataException failed(Throwable cause) {
    String message = cause.getMessage();
    return new DataException(
        cause instanceof DataException && message != null
            ? message
            : "reading the training data ahead failed: " + cause,
        cause);
  }

  /** Where the stream goes on after the batch handed out last: what a checkpoint must keep. */
  public DataPosition position() {
    return position;
  }

  /** Stops the thread and frees the buffers. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    thread.interrupt();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    arena.close();
  }
}
