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
import org.jspecify.annotations.Nullable;

/**
 * Norms of a single row that the product behind makes itself, so that they need no launch: nobody
 * else reads them, nothing runs between the two, and the product writes nowhere they read.
 */
final class RowNorms {
  private final CudaValues values;
  private final List<Node> nodes;
  private final Readers readers;
  private final Map<Integer, RowNorm> ofProducts = new HashMap<>();
  private final Set<Integer> leftOut = new HashSet<>();

  /** Tells what a node does if it is a norm that the product behind may make; else null. */
  @FunctionalInterface
  interface Norms {
    @Nullable RowNorm of(Node node, int index);
  }

  RowNorms(CudaValues values, Norms norms, Readers readers) {
    this.values = values;
    this.readers = readers;
    this.nodes = values.program().nodes();
    for (int i = 0; i < nodes.size(); i++) {
      RowNorm norm = norms.of(nodes.get(i), i);
      int product = Node.behind(nodes, i);
      boolean known = product < nodes.size();
      if (norm != null && norm.rows() == 1 && known && serves(product, i, norm)) {
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
        && Readers.same(node.inputs().get(input), y)
        && readers.of(y) == 1
        && nodes.get(norm).outputs().stream().noneMatch(out -> out != y && reads(node, out))
        && node.outputs().stream()
            .noneMatch(out -> made.overlaps(values.address(out), out.type().bytes()));
  }

  private static boolean reads(Node node, Value value) {
    return node.inputs().stream()
        .anyMatch(input -> input != null && input.buffer() == value.buffer());
  }

  private static int normedInput(Node reader) {
    if (reader.operation() instanceof Operation.Custom custom
        && custom.body() instanceof CudaBody body) {
      return custom.saves() ? -1 : body.normedInput(CustomRecording.types(reader.inputs()));
    }
    return RowProductLaunches.serves(reader) ? 0 : -1;
  }
}
