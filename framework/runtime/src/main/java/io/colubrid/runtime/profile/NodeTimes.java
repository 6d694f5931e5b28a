package io.colubrid.runtime.profile;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Program;
import java.util.Arrays;

/** Takes the time of every node of a program, run after run. */
final class NodeTimes implements Executable.Observer {
  private final Program program;
  private final long[][] starts;
  private final long[][] nanos;
  private int run = -1;
  private int node;

  NodeTimes(Program program, int runs) {
    this.program = program;
    this.starts = new long[runs][program.nodes().size()];
    this.nanos = new long[runs][program.nodes().size()];
  }

  /** Runs the program once more under this observer. */
  void run(Executable executable) {
    run++;
    node = 0;
    executable.run(this);
  }

  @Override
  public void before(Node next, Executable executable) {
    starts[run][node] = System.nanoTime();
  }

  @Override
  public void after(Node done, Executable executable) {
    nanos[run][node] = System.nanoTime() - starts[run][node];
    node++;
  }

  Program program() {
    return program;
  }

  int runs() {
    return run + 1;
  }

  long start(int ofRun, int ofNode) {
    return starts[ofRun][ofNode];
  }

  long nanos(int ofRun, int ofNode) {
    return nanos[ofRun][ofNode];
  }

  /** What the kernels of a run took together. */
  long kernels(int ofRun) {
    return Arrays.stream(nanos[ofRun]).sum();
  }

  /** The median over the runs of a node's time. */
  double median(int ofNode) {
    return Medians.of(
        Arrays.stream(nanos, 0, runs()).mapToDouble(times -> times[ofNode]).toArray());
  }
}
