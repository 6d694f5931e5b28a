package io.colubrid.engine.cuda;

import io.colubrid.engine.tape.Buffer;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Program;
import io.colubrid.engine.tape.Value;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/** How often the values of a program are read, at its end too. */
final class Readers {
  private final IdentityHashMap<Buffer, Integer> reads = new IdentityHashMap<>();

  Readers(Program program) {
    for (Node node : program.nodes()) {
      if (!(node.operation() instanceof Operation.View)) {
        node.inputs().forEach(this::add);
      }
    }
    program.outputs().forEach(this::add);
  }

  private void add(@Nullable Value value) {
    if (value != null) {
      reads.merge(value.buffer(), 1, Integer::sum);
    }
  }

  /** Reads of a value, or of anything that lies in one buffer with it. */
  int of(Value value) {
    return reads.getOrDefault(value.buffer(), 0);
  }

  /** Whether two values are the same elements. */
  static boolean same(@Nullable Value value, Value other) {
    return value != null
        && value.buffer() == other.buffer()
        && value.offset() == other.offset()
        && value.type().bytes() == other.type().bytes();
  }
}
