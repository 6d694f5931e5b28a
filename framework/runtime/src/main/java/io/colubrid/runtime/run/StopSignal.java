package io.colubrid.runtime.run;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * An orderly end for a loop: SIGTERM or SIGINT raises a flag that the loop looks at between steps,
 * so that it can write a checkpoint first. A second SIGINT ends the process at once.
 *
 * <p>If the JVM shuts down for another reason, or signals cannot be caught, a shutdown hook raises
 * the flag and waits for the loop to {@link #close} this, but no longer than told.
 */
public final class StopSignal implements AutoCloseable {
  /** 128 + SIGINT, as a shell reports it. */
  static final int INTERRUPTED_EXIT_CODE = 130;

  private final AtomicBoolean signalled = new AtomicBoolean();
  private final AtomicBoolean requested = new AtomicBoolean();
  private final CountDownLatch done = new CountDownLatch(1);
  private final Duration patience;
  private final Consumer<String> announce;
  private final Runnable halt;
  private Runnable uninstall = () -> {};

  StopSignal(Duration patience, Consumer<String> announce, Runnable halt) {
    this.patience = patience;
    this.announce = announce;
    this.halt = halt;
  }

  /**
   * Begins to listen.
   *
   * @param patience how long a shutdown of the JVM waits for the loop's last checkpoint
   * @param announce tells the user, at the first signal, what will happen
   */
  public static StopSignal install(Duration patience, Consumer<String> announce) {
    StopSignal signal =
        new StopSignal(patience, announce, () -> Runtime.getRuntime().halt(INTERRUPTED_EXIT_CODE));
    Thread hook = new Thread(signal::shutdown, "stop-signal");
    Runtime.getRuntime().addShutdownHook(hook);
    ProcessSignals.Restoration interrupt = ProcessSignals.handle("INT", signal::interrupt);
    ProcessSignals.Restoration terminate = ProcessSignals.handle("TERM", signal::terminate);
    signal.uninstall =
        () -> {
          interrupt.restore();
          terminate.restore();
          removeUnlessRunning(hook);
        };
    return signal;
  }

  /** Whether the loop shall write a checkpoint and end. */
  public boolean requested() {
    return requested.get();
  }

  void interrupt() {
    if (!request()) {
      announce.accept("interrupted again: ending at once, without a checkpoint");
      halt.run();
    }
  }

  void terminate() {
    request();
  }

  /**
   * Announces the end and then raises the flag, so that the loop's own last words come second;
   * false if a signal came before.
   */
  private boolean request() {
    boolean first = signalled.compareAndSet(false, true);
    if (first) {
      announce.accept(
          "stopping after this step, then writing a checkpoint; Ctrl-C again ends at once");
      requested.set(true);
    }
    return first;
  }

  /** The hook's body: true if the loop ended in time. */
  boolean shutdown() {
    requested.set(true);
    try {
      boolean ended = done.await(patience.toMillis(), TimeUnit.MILLISECONDS);
      if (!ended) {
        announce.accept(
            "the loop did not end within " + patience.toSeconds() + " s; ending without it");
      }
      return ended;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Says that the loop has ended, and stops listening. */
  @Override
  public void close() {
    done.countDown();
    uninstall.run();
  }

  private static void removeUnlessRunning(Thread hook) {
    if (!hook.isAlive()) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The JVM is shutting down already, and the hook is about to find the loop done.
        return;
      }
    }
  }
}
