package io.colubrid.testkit.trial;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;
import java.lang.foreign.MemorySegment;

/**
 * Fills with NaN whatever nobody has a right to read: the outputs of a node before it runs, unless
 * they lie over one of its inputs, its scratch memory, and the whole arena before the first node.
 */
public final class Poison implements Executable.Observer {
  private static final byte NAN = (byte) 0xFF;

  private final LayerPass pass;
  private final MemorySegment arena;
  private int index;

  public Poison(LayerPass pass) {
    this.pass = pass;
    this.arena = pass.arena();
  }

  @Override
  public void before(Node node, Executable executable) {
    if (index == 0) {
      arena.fill(NAN);
    }
    if (!(node.operation() instanceof Operation.View)) {
      node.outputs().forEach(output -> poison(node, output, executable));
    }
    long workspace = executable.program().workspace(index);
    if (workspace >= 0) {
      arena.asSlice(workspace, pass.workspaceBytes(index)).fill(NAN);
    }
    index++;
  }

  private static void poison(Node node, Value output, Executable executable) {
    MemorySegment segment = executable.read(output);
    if (!Overlap.withInputs(node, segment, executable)) {
      segment.fill(NAN);
    }
  }
}
