package io.colubrid.runtime.profile;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.tape.Program;
import java.util.Arrays;

/** Takes the time of every node of a program, run after run. */
final class NodeTimes {
  private final Program program;
  private final long[][] starts;
  private final long[][] nanos;
  private int run = -1;

  NodeTimes(Program program, int runs) {
    this.program = program;
    this.starts = new long[runs][program.nodes().size()];
    this.nanos = new long[runs][program.nodes().size()];
  }

  /** Runs the program once more. */
  void run(Executable executable) {
    run++;
    executable.time(starts[run], nanos[run]);
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
