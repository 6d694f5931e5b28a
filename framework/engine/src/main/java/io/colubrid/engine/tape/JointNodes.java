package io.colubrid.engine.tape;

import io.colubrid.spi.op.RowNorm;
import java.util.List;

/**
 * Neighbouring nodes that a GPU may do in one launch: a norm of rows, the products behind it, and a
 * step of a convolution behind those. What the first of them reads has to stay until the last,
 * whose results would else take its place.
 */
final class JointNodes {
  private JointNodes() {}

  /** The last node that may be done in one launch with this one; itself where there is no other. */
  static int last(List<Node> nodes, int node) {
    if (isProduct(nodes.get(node))) {
      return Math.max(node, ending(nodes, node));
    }
    int next = Node.behind(nodes, node);
    if (next < nodes.size() && gates(nodes.get(node)) && isNorm(nodes.get(next))) {
      return next;
    }
    if (next == nodes.size() || !isNorm(nodes.get(node))) {
      return node;
    }
    return isProduct(nodes.get(next))
        ? Math.max(lastProduct(nodes, next), ending(nodes, next))
        : next;
  }

  private static int lastProduct(List<Node> nodes, int first) {
    int last = first;
    for (int next = first; next < nodes.size() && isProduct(nodes.get(next)); ) {
      last = next;
      next = Node.behind(nodes, next);
    }
    return last;
  }

  /**
   * The step of a convolution or the norm of several rows behind a product, others like it and a
   * split; −1 for none.
   */
  private static int ending(List<Node> nodes, int product) {
    int next = Node.behind(nodes, product);
    while (next < nodes.size()
        && (isProduct(nodes.get(next)) || nodes.get(next).operation() instanceof Operation.Split)) {
      next = Node.behind(nodes, next);
    }
    return next < nodes.size() && isEnding(nodes.get(next)) ? next : -1;
  }

  private static boolean isEnding(Node node) {
    return node.operation() instanceof Operation.Custom custom
        && (custom.isConvolutionStep(node) || custom.isRowNorm(node) && rows(node) > 1);
  }

  private static boolean isProduct(Node node) {
    return node.operation() instanceof Operation.MatMul;
  }

  private static boolean gates(Node node) {
    return node.operation() instanceof Operation.Custom custom && custom.gatesRows(node);
  }

  /** Norms of many rows are done together with what stands in front of them alone. */
  private static boolean isNorm(Node node) {
    return node.operation() instanceof Operation.Custom custom
        && custom.isRowNorm(node)
        && !RowNorm.isOfMany(rows(node));
  }

  private static long rows(Node node) {
    return node.output().shape().rows();
  }
}
