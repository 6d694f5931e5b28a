package io.colubrid.runtime.profile;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;
import java.util.Objects;

/**
 * Counts the bytes that a node reads and writes: its inputs and its outputs, each once. Whether
 * they come from memory or from a cache is left open.
 */
public final class NodeTraffic {
  private NodeTraffic() {}

  /** Bytes of one node. */
  public static long of(Node node) {
    return switch (node.operation()) {
      case Operation.View view -> 0;
      case Operation.GatherRows gather -> bytes(node.input(1)) + 2 * bytes(node.output());
      case Operation.ScatterRows scatter when scatter.accumulate() ->
          bytes(node.input(0)) + 3 * bytes(node.input(1));
      case Operation.Slice slice -> 2 * bytes(node.output());
      default -> all(node);
    };
  }

  private static long all(Node node) {
    long read = node.inputs().stream().filter(Objects::nonNull).mapToLong(NodeTraffic::bytes).sum();
    return read + node.outputs().stream().mapToLong(NodeTraffic::bytes).sum();
  }

  private static long bytes(Value value) {
    return value.type().bytes();
  }
}
