package io.colubrid.engine.backend;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Program;
import io.colubrid.engine.tape.Value;
import java.lang.foreign.MemorySegment;

/** A program with its memory, ready to run. */
public interface Executable extends AutoCloseable {
  Program program();

  /** Runs the program; its outputs are valid until the next run. */
  void run();

  /**
   * Runs it node by node under the eyes of an observer.
   *
   * @throws RuntimeException whatever the observer throws, with the program left unfinished
   */
  void run(Observer observer);

  /**
   * Runs it several times, one behind the other, by the clock of its device.
   *
   * @return nanoseconds of one run
   */
  default double nanos(int runs) {
    long start = System.nanoTime();
    for (int i = 0; i < runs; i++) {
      run();
    }
    return (double) (System.nanoTime() - start) / runs;
  }

  /**
   * Runs it once, and takes the time of every node by the clock of its device.
   *
   * @param starts is given the nanosecond, from some moment on, at which each node began
   * @param nanos is given how long each took
   */
  default void time(long[] starts, long[] nanos) {
    run(new NodeClock(starts, nanos));
  }

  /** The elements of a value, on the host. */
  MemorySegment read(Value value);

  @Override
  void close();

  /** Sees every node before and after it runs. */
  interface Observer {
    default void before(Node node, Executable executable) {}

    default void after(Node node, Executable executable) {}
  }
}
