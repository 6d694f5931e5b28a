package io.colubrid.runtime.bench;

import io.colubrid.engine.backend.Executable;

/**
 * A program that is run as often in a row as makes the clock's own time, and what lies between two
 * launches, small.
 */
final class Repeated implements AutoCloseable {
  private static final double LONG_ENOUGH = 2e6;
  private static final int MOST = 50;

  private final Executable executable;
  private int runs;

  Repeated(Executable executable) {
    this.executable = executable;
  }

  /** Nanoseconds of one run. */
  double nanos() {
    double nanos = executable.nanos(Math.max(1, runs));
    if (runs == 0) {
      runs = (int) Math.clamp(LONG_ENOUGH / nanos, 1, MOST);
    }
    return nanos;
  }

  Executable executable() {
    return executable;
  }

  @Override
  public void close() {
    executable.close();
  }
}
