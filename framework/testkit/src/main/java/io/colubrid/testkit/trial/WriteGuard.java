package io.colubrid.testkit.trial;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Value;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Finds operations that write where they have no right to: to what they were given to read, or to
 * any place in the arena beside their outputs and their scratch memory. Good for one run.
 */
public final class WriteGuard implements Executable.Observer {
  private final LayerPass pass;
  private final Place arena;
  private final Map<Integer, byte[]> inputs = new LinkedHashMap<>();
  private byte[] before = new byte[0];
  private int index;

  /** An operation has written to a place that is not its own. */
  public static final class StrayWriteException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StrayWriteException(Node node, String where) {
      super(
          "%s writes to %s in the %s pass"
              .formatted(node.label(), where, node.phase().name().toLowerCase(Locale.ROOT)));
    }
  }

  public WriteGuard(LayerPass pass) {
    this.pass = pass;
    this.arena = pass.arena();
  }

  @Override
  public void before(Node node, Executable executable) {
    inputs.clear();
    for (int i = 0; i < node.inputs().size(); i++) {
      Value input = node.inputs().get(i);
      if (input != null && !written(node, pass.place(input))) {
        inputs.put(i, pass.place(input).copy());
      }
    }
    before = arena.copy();
  }

  private boolean written(Node node, Place input) {
    return node.outputs().stream().anyMatch(output -> pass.place(output).overlaps(input));
  }

  @Override
  public void after(Node node, Executable executable) {
    inputs.forEach(
        (input, bytes) -> {
          if (!Arrays.equals(pass.place(node.input(input)).copy(), bytes)) {
            String what = "its input %d (%s)".formatted(input, node.input(input));
            throw new StrayWriteException(node, what);
          }
        });
    for (Value output : node.outputs()) {
      if (!output.buffer().isPersistent()) {
        excuse(pass.place(output));
      }
    }
    pass.workspace(index).ifPresent(this::excuse);
    int stray = Arrays.mismatch(before, arena.copy());
    if (stray >= 0) {
      throw new StrayWriteException(node, "byte " + stray + " of the arena, which is not its own");
    }
    index++;
  }

  /** Takes what a node wrote to a place of its own as if it had been there. */
  private void excuse(Place own) {
    byte[] bytes = own.copy();
    System.arraycopy(bytes, 0, before, Math.toIntExact(own.offset()), bytes.length);
  }
}
