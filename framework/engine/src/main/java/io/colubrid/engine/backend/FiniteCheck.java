package io.colubrid.engine.backend;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;

/** Stops a run at the first node that writes a number that is not finite, and names it. */
public final class FiniteCheck implements Executable.Observer {

  /** The first value that went bad. */
  public static final class NotFiniteException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String label;

    NotFiniteException(Node node, int output, long index, double value) {
      super(
          "%s: output %d (%s) of the %s pass is %s at element %d"
              .formatted(
                  node.label(),
                  output,
                  node.outputs().get(output),
                  node.phase().name().toLowerCase(Locale.ROOT),
                  value,
                  index));
      this.label = node.label();
    }

    /** The layer's path and the operation. */
    public String label() {
      return label;
    }
  }

  @Override
  public void after(Node node, Executable executable) {
    for (int i = 0; i < node.outputs().size(); i++) {
      Value output = node.outputs().get(i);
      if (output.dtype() == DType.F32) {
        check(node, i, executable.read(output));
      }
    }
  }

  private static void check(Node node, int output, MemorySegment elements) {
    long count = elements.byteSize() / Float.BYTES;
    for (long i = 0; i < count; i++) {
      float value = elements.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      if (Float.isNaN(value)) {
        throw new NotFiniteException(node, output, i, value);
      }
      if (Float.isInfinite(value) && node.phase() == Node.Phase.BACKWARD) {
        throw new NotFiniteException(node, output, i, value);
      }
    }
  }
}
