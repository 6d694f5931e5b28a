package io.colubrid.testkit.trial;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Value;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;

/** Finds operations that write to what they were given to read. */
public final class InputGuard implements Executable.Observer {
  private final Map<Integer, byte[]> before = new LinkedHashMap<>();

  /** An operation has changed one of its inputs. */
  public static final class InputChangedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    InputChangedException(Node node, int input) {
      super(
          "%s changes its input %d (%s) in the %s pass"
              .formatted(
                  node.label(),
                  input,
                  node.inputs().get(input),
                  node.phase().name().toLowerCase(java.util.Locale.ROOT)));
    }
  }

  @Override
  public void before(Node node, Executable executable) {
    before.clear();
    for (int i = 0; i < node.inputs().size(); i++) {
      Value input = node.inputs().get(i);
      if (input != null && !Overlap.withOutputs(node, executable.read(input), executable)) {
        before.put(i, executable.read(input).toArray(ValueLayout.JAVA_BYTE));
      }
    }
  }

  @Override
  public void after(Node node, Executable executable) {
    before.forEach(
        (index, bytes) -> {
          MemorySegment now = executable.read(node.input(index));
          if (now.mismatch(MemorySegment.ofArray(bytes)) >= 0) {
            throw new InputChangedException(node, index);
          }
        });
  }
}
