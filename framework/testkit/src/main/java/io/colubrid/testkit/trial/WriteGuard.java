package io.colubrid.testkit.trial;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Value;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Finds operations that write where they have no right to: to what they were given to read, or to
 * any place in the arena beside their outputs and their scratch memory. Good for one run.
 */
public final class WriteGuard implements Executable.Observer {
  private final LayerPass pass;
  private final MemorySegment arena;
  private final Map<Integer, MemorySegment> inputs = new LinkedHashMap<>();
  private MemorySegment before = MemorySegment.NULL;
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
      if (input != null && !Overlap.withOutputs(node, executable.read(input), executable)) {
        inputs.put(i, copy(executable.read(input)));
      }
    }
    before = copy(arena);
  }

  @Override
  public void after(Node node, Executable executable) {
    inputs.forEach(
        (input, bytes) -> {
          if (executable.read(node.input(input)).mismatch(bytes) >= 0) {
            String what = "its input %d (%s)".formatted(input, node.input(input));
            throw new StrayWriteException(node, what);
          }
        });
    for (Value output : node.outputs()) {
      if (!output.buffer().isPersistent()) {
        excuse(executable.read(output));
      }
    }
    long workspace = executable.program().workspace(index);
    if (workspace >= 0) {
      excuse(arena.asSlice(workspace, pass.workspaceBytes(index)));
    }
    long stray = before.mismatch(arena);
    if (stray >= 0) {
      throw new StrayWriteException(node, "byte " + stray + " of the arena, which is not its own");
    }
    index++;
  }

  /** Takes what a node wrote to a place of its own as if it had been there. */
  private void excuse(MemorySegment own) {
    MemorySegment.copy(own, 0, before, own.address() - arena.address(), own.byteSize());
  }

  private static MemorySegment copy(MemorySegment segment) {
    return MemorySegment.ofArray(segment.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE));
  }
}
