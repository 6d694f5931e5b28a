package io.colubrid.engine.cuda;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Program;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Products of the same rows with matrices that lie behind one another: together they are one
 * product, whose columns go to several results. A result that is only then split along its columns
 * goes to the parts as well.
 *
 * @param first index of the node of the first product
 * @param last index of the node of the last product, or of the split
 * @param products their nodes
 * @param split of the one product into parts, or null
 */
record ProductGroup(int first, int last, List<Node> products, @Nullable Node split) {

  /** The result of the first product: of all, where it is split. */
  Value whole() {
    return products.getFirst().output();
  }

  /** The rows. */
  Value x() {
    return products.getFirst().input(0);
  }

  /** The first product's bias, where theirs begin, or null. */
  @Nullable Value bias() {
    return bias(products.getFirst());
  }

  /** Columns of all results. */
  long columns() {
    return parts().stream().mapToLong(part -> part.dim(-1)).sum();
  }

  /** The results side by side. */
  List<Value> parts() {
    return split != null ? split.outputs() : products.stream().map(Node::output).toList();
  }

  /**
   * The groups of a program, by the index of each of their nodes; a single product is one too.
   *
   * @param served whether a product can be in one
   * @param most results of a group
   */
  static Map<Integer, ProductGroup> of(CudaValues values, Predicate<Node> served, int most) {
    Map<Integer, ProductGroup> groups = new HashMap<>();
    Program program = values.program();
    List<Node> nodes = program.nodes();
    for (int i = 0; i < nodes.size(); i++) {
      if (groups.containsKey(i) || !isProduct(nodes.get(i)) || !served.test(nodes.get(i))) {
        continue;
      }
      List<Integer> members = new ArrayList<>(List.of(i));
      int next = Node.behind(nodes, i);
      while (next < nodes.size()
          && members.size() < most
          && follows(values, nodes.get(members.getLast()), nodes.get(next))) {
        members.add(next);
        next = Node.behind(nodes, next);
      }
      Node split = members.size() > 1 ? null : split(values, nodes, i, next, most);
      int last = split == null ? members.getLast() : next;
      List<Node> products = members.stream().map(nodes::get).toList();
      ProductGroup group = new ProductGroup(i, last, products, split);
      members.forEach(member -> groups.put(member, group));
      if (split != null) {
        groups.put(next, group);
      }
    }
    return groups;
  }

  private static boolean isProduct(Node node) {
    return node.operation() instanceof Operation.MatMul;
  }

  /** Whether a node is a product x·Wᵀ of BF16 with one matrix [out, in], added to nothing. */
  static boolean isOfHalves(Node node) {
    return node.operation() instanceof Operation.MatMul product
        && !product.transposeA()
        && product.transposeB()
        && !product.accumulate()
        && node.input(0).dtype() == DType.BF16
        && node.input(1).dtype() == DType.BF16
        && node.input(1).shape().rank() == 2;
  }

  private static boolean follows(CudaValues values, Node before, Node node) {
    return node.operation().equals(before.operation())
        && node.inputs().size() == before.inputs().size()
        && isSame(values, before.input(0), node.input(0))
        && lieTogether(values, before.input(1), node.input(1))
        && before.output().dtype() == node.output().dtype()
        && biasesLieTogether(values, before, node);
  }

  private static boolean isSame(CudaValues values, Value a, Value b) {
    return a.type().equals(b.type()) && values.address(a) == values.address(b);
  }

  private static boolean lieTogether(CudaValues values, Value a, Value b) {
    return a.dtype() == b.dtype()
        && a.dim(-1) == b.dim(-1)
        && bothStay(a, b)
        && values.address(a) + a.type().bytes() == values.address(b);
  }

  private static boolean biasesLieTogether(CudaValues values, Node before, Node node) {
    Value a = bias(before);
    Value b = bias(node);
    return a == null || b == null
        ? a == b
        : a.dtype() == b.dtype()
            && bothStay(a, b)
            && values.address(a) + a.type().bytes() == values.address(b);
  }

  /** A temporary may be over before the last product, and results of that lie in its place. */
  private static boolean bothStay(Value a, Value b) {
    return a.buffer().isPersistent() && b.buffer().isPersistent();
  }

  static @Nullable Value bias(Node product) {
    return product.inputs().size() < 3 ? null : product.inputs().get(2);
  }

  /** The split behind a product, if it splits the columns over nothing that the product reads. */
  private static @Nullable Node split(
      CudaValues values, List<Node> nodes, int product, int next, int most) {
    if (next >= nodes.size() || !(nodes.get(next).operation() instanceof Operation.Split split)) {
      return null;
    }
    Node node = nodes.get(next);
    Value whole = nodes.get(product).output();
    boolean columns = split.axis() == node.input(0).shape().rank() - 1;
    boolean same = values.address(node.input(0)) == values.address(whole);
    boolean clear =
        node.outputs().stream()
            .noneMatch(
                part ->
                    nodes.get(product).inputs().stream()
                        .anyMatch(input -> input != null && overlap(values, part, input)));
    return columns && same && clear && node.outputs().size() <= most ? node : null;
  }

  private static boolean overlap(CudaValues values, Value a, Value b) {
    return values.overlap(a, values.address(b), b.type().bytes());
  }
}
