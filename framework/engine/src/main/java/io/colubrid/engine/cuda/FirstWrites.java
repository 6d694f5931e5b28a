package io.colubrid.engine.cuda;

import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Program;
import io.colubrid.engine.tape.Value;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When a program writes to the storages that it was recorded on. What it has not written yet is
 * what it was when the program began, so a kernel that begins early may read it at once.
 */
final class FirstWrites {
  private final IdentityHashMap<Storage, Integer> nodes = new IdentityHashMap<>();

  static FirstWrites of(Program program) {
    FirstWrites writes = new FirstWrites();
    List<Node> nodes = program.nodes();
    for (int i = 0; i < nodes.size(); i++) {
      if (nodes.get(i).operation() instanceof Operation.View) {
        continue;
      }
      for (Value output : nodes.get(i).outputs()) {
        if (output.buffer().isPersistent()) {
          writes.nodes.putIfAbsent(output.buffer().storage(), i);
        }
      }
    }
    return writes;
  }

  /**
   * Whether a value is one of before the program, and no node in front of this one wrote it; also
   * of one that is absent, of which there is nothing to wait for.
   */
  boolean standsAt(@Nullable Value value, int node) {
    return value == null
        || (value.buffer().isPersistent()
            && nodes.getOrDefault(value.buffer().storage(), node) >= node);
  }
}
