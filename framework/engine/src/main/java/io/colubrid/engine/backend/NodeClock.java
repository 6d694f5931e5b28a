package io.colubrid.engine.backend;

import io.colubrid.engine.tape.Node;

/** Takes the time of nodes that are done when the host has gone on. */
final class NodeClock implements Executable.Observer {
  private final long[] starts;
  private final long[] nanos;
  private int index;

  NodeClock(long[] starts, long[] nanos) {
    this.starts = starts;
    this.nanos = nanos;
  }

  @Override
  public void before(Node node, Executable executable) {
    starts[index] = System.nanoTime();
  }

  @Override
  public void after(Node node, Executable executable) {
    nanos[index] = System.nanoTime() - starts[index];
    index++;
  }
}
