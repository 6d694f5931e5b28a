package io.colubrid.testkit.trial;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;

/**
 * Fills with NaN whatever nobody has a right to read: the outputs of a node before it runs, unless
 * they lie over one of its inputs, its scratch memory, and the whole arena before the first node.
 */
public final class Poison implements Executable.Observer {
  private static final byte NAN = (byte) 0xFF;

  private final LayerPass pass;
  private int index;

  public Poison(LayerPass pass) {
    this.pass = pass;
  }

  @Override
  public void before(Node node, Executable executable) {
    if (index == 0) {
      pass.arena().fill(NAN);
    }
    if (!(node.operation() instanceof Operation.View)) {
      node.outputs().forEach(output -> poison(node, pass.place(output)));
    }
    pass.workspace(index).ifPresent(place -> place.fill(NAN));
    index++;
  }

  private void poison(Node node, Place output) {
    for (Value input : node.inputs()) {
      if (input != null && pass.place(input).overlaps(output)) {
        return;
      }
    }
    output.fill(NAN);
  }
}
