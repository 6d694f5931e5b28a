package io.colubrid.runtime.bench;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.tape.Node;
import java.util.Set;

/** Adds up the time of some nodes. */
final class SelectedTime implements Executable.Observer {
  private final Set<Node> selected;
  private long nanos;
  private long start;

  SelectedTime(Set<Node> selected) {
    this.selected = selected;
  }

  @Override
  public void before(Node node, Executable executable) {
    start = System.nanoTime();
  }

  @Override
  public void after(Node node, Executable executable) {
    long end = System.nanoTime();
    if (selected.contains(node)) {
      nanos += end - start;
    }
  }

  double nanos() {
    return nanos;
  }
}
