package io.colubrid.engine.cuda;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.GatedRows;
import io.colubrid.spi.tensor.DType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The products of a program that {@code kernels/some_rows} serves, of 17 to 128 rows of BF16 with
 * matrices [out, in], and what else a launch of theirs can do.
 */
final class JointRows {
  static final int MOST_PARTS = 4;
  static final int ALIGNMENT = 16;

  private static final long MOST_ROWS = 128;

  /** Columns from which on cuBLAS is faster with more rows than a tile has. */
  private static final long MOST_COLUMNS = 4096;

  private final CudaValues values;
  private final Map<Integer, ProductGroup> groups;

  /** By the first node of their groups. */
  private final Map<Integer, ConvolvedPart> convolved = new HashMap<>();

  /** Norms by the first node of the groups in front of them, and behind. */
  private final Map<Integer, NormBehind> normed = new HashMap<>();

  private final Map<Integer, NormBehind> scaled = new HashMap<>();

  /** By the nodes that gate their rows. */
  private final Map<Integer, NormBehind> gated = new HashMap<>();

  /** Tells how many sums of squares of a row a node gives if it gates its result; 0 for none. */
  @FunctionalInterface
  interface Gates {
    long sums(Node node, int index);
  }

  /**
   * @param capability of the GPU; all but one are served nothing
   */
  JointRows(
      int capability,
      CudaValues values,
      Readers readers,
      ConvolvedPart.Steps steps,
      RowNorms.Norms norms,
      Gates gates) {
    this.values = values;
    this.groups =
        capability == CudaGpu.HOPPER
            ? new HashMap<>(ProductGroup.of(values, this::serves, MOST_PARTS))
            : Map.of();
    List<ProductGroup> all = groups.values().stream().distinct().toList();
    for (ProductGroup group : all) {
      NormBehind norm = NormBehind.of(group, groups, values, readers, norms);
      if (norm != null) {
        normed.put(group.first(), norm);
        scaled.put(Node.behind(values.program().nodes(), norm.node()), norm);
      }
    }
    if (!all.isEmpty()) {
      findGates(readers, norms, gates);
    }
    normed.forEach((first, norm) -> groups.put(norm.node(), groups.get(first)));
    for (ProductGroup group : all) {
      ConvolvedPart part =
          SomeRowsTile.of(group).convolves()
              ? ConvolvedPart.behind(group, values, readers, steps)
              : null;
      if (part != null) {
        convolved.put(group.first(), part);
        groups.put(part.node(), group);
      }
    }
  }

  private void findGates(Readers readers, RowNorms.Norms norms, Gates gates) {
    List<Node> nodes = values.program().nodes();
    for (int i = 0; i < nodes.size(); i++) {
      long sums = gates.sums(nodes.get(i), i);
      NormBehind norm = NormBehind.gated(i, sums, groups, values, readers, norms);
      if (norm != null) {
        int behind = Node.behind(nodes, norm.node());
        gated.put(i, norm);
        scaled.put(behind, norm);
        groups.put(norm.node(), group(behind));
      }
    }
  }

  /** What a node makes of its result where a norm of it stands behind, or null. */
  @Nullable GatedRows gated(int node) {
    NormBehind norm = gated.get(node);
    return norm == null ? null : norm.gatedRows();
  }

  /** Whether a node is a product that is served, or done together with one. */
  boolean takes(int node) {
    return groups.containsKey(node);
  }

  /** The products that a node is taken together with. */
  ProductGroup group(int node) {
    return Objects.requireNonNull(groups.get(node));
  }

  /** What is convolved of the result of a group, or null. */
  @Nullable ConvolvedPart convolved(ProductGroup group) {
    return convolved.get(group.first());
  }

  /** The norm that the products of a group make of their result, or null. */
  @Nullable NormBehind normed(ProductGroup group) {
    return normed.get(group.first());
  }

  /** The norm that the products of a group read, and whose factor is left to them; or null. */
  @Nullable NormBehind scaled(ProductGroup group) {
    return scaled.get(group.first());
  }

  private boolean serves(Node node) {
    Value x = node.input(0);
    Value weight = node.input(1);
    long k = x.dim(-1);
    long m = k == 0 ? 0 : x.shape().elements() / k;
    return ProductGroup.isOfHalves(node)
        && m > FewRowsLaunches.MOST_ROWS
        && m <= MOST_ROWS
        && (m <= SomeRowsTile.ROWS || weight.dim(0) <= MOST_COLUMNS)
        && k % (ALIGNMENT / DType.BF16.bytes()) == 0
        && values.address(x) % ALIGNMENT == 0
        && values.address(weight) % ALIGNMENT == 0;
  }
}
