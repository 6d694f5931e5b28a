package io.colubrid.engine.cuda;

import io.colubrid.engine.tape.CustomRecording;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.RowNorm;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Norms of a single row that the product behind makes itself, so that they need no launch: nobody
 * else reads them, nothing runs between the two, and the product writes nowhere they read.
 */
final class RowNorms {
  private final List<Node> nodes;
  private final CudaValues values;
  private final Map<Integer, RowNorm> ofProducts = new HashMap<>();
  private final Set<Integer> leftOut = new HashSet<>();

  RowNorms(CudaValues values, CustomLaunches customs) {
    this.values = values;
    this.nodes = values.program().nodes();
    for (int i = 0; i < nodes.size(); i++) {
      RowNorm norm = customs.rowNorm(nodes.get(i), i);
      int product = Node.behind(nodes, i);
      if (norm != null && product < nodes.size() && serves(product, i, norm)) {
        ofProducts.put(product, norm);
        leftOut.add(i);
      }
    }
  }

  /** Whether a node is a norm that another one makes. */
  boolean leavesOut(int node) {
    return leftOut.contains(node);
  }

  /** The norm that a node makes for itself, or null. */
  @Nullable RowNorm of(int node) {
    return ofProducts.get(node);
  }

  private boolean serves(int product, int norm, RowNorm made) {
    Value y = nodes.get(norm).outputs().getFirst();
    Node node = nodes.get(product);
    int input = normedInput(node);
    return input >= 0
        && isAll(node.inputs().get(input), y)
        && reads(y) == 1
        && node.outputs().stream()
            .noneMatch(out -> made.overlaps(values.address(out), out.type().bytes()));
  }

  /** How often a value is read, at the end of the program too. */
  private long reads(Value y) {
    Stream<@Nullable Value> all =
        nodes.stream()
            .filter(node -> !(node.operation() instanceof Operation.View))
            .flatMap(node -> node.inputs().stream());
    return Stream.concat(all, values.program().outputs().stream())
        .filter(value -> value != null && value.buffer() == y.buffer())
        .count();
  }

  private static boolean isAll(@Nullable Value value, Value y) {
    return value != null
        && value.buffer() == y.buffer()
        && value.offset() == y.offset()
        && value.type().bytes() == y.type().bytes();
  }

  private static int normedInput(Node reader) {
    if (reader.operation() instanceof Operation.Custom custom
        && custom.body() instanceof CudaBody body) {
      return custom.saves() ? -1 : body.normedInput(CustomRecording.types(reader.inputs()));
    }
    return RowProductLaunches.serves(reader) ? 0 : -1;
  }
}
