package io.colubrid.engine.cuda;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.RowNorm;
import io.colubrid.spi.tensor.DType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A product that ends a residual branch of many rows, and the sum and norm behind, which alone read
 * it: one kernel passes over memory once for what would be two passes.
 *
 * @param norm index of the norm's node, where the kernel stands
 * @param product the node of x·Wᵀ, all of BF16
 * @param of the sum and the norm
 * @param y address of the norm's output
 */
record AddedProduct(int norm, Node product, RowNorm of, long y) {
  /** Blocks that share rows; there are kernels for these columns of a block. */
  static final int BLOCKS = 4;

  private static final List<Long> COLUMNS = List.of(128L, 192L, 256L);

  /** What the copy engine counts to. */
  private static final long MOST_ROWS = Integer.MAX_VALUE - 128L;

  /** From so many times the width on the product hides what the sum and the norm take. */
  private static final long MOST_DEPTHS = 3;

  /**
   * Those of a program, by the indices of both nodes.
   *
   * @param capability of the GPU; others than Hopper's have none
   */
  static Map<Integer, AddedProduct> of(
      int capability, CudaValues values, Readers readers, RowNorms.Norms norms) {
    Map<Integer, AddedProduct> all = new HashMap<>();
    List<Node> nodes = values.program().nodes();
    for (int i = 0; i < nodes.size() && capability == CudaGpu.HOPPER; i++) {
      int next = Node.behind(nodes, i);
      if (!isProduct(nodes.get(i)) || next == nodes.size()) {
        continue;
      }
      RowNorm norm = norms.of(nodes.get(next), next);
      if (norm == null || !RowNorm.isOfMany(norm.rows())) {
        continue;
      }
      Value y = nodes.get(next).output();
      AddedProduct added = new AddedProduct(next, nodes.get(i), norm, values.address(y));
      if (added.isServed(values, readers) && NormBehind.isClear(nodes.get(i), y, norm, values)) {
        all.put(i, added);
        all.put(next, added);
      }
    }
    return all;
  }

  private static boolean isProduct(Node node) {
    return ProductGroup.isOfHalves(node)
        && ProductGroup.bias(node) == null
        && node.output().dtype() == DType.BF16;
  }

  private boolean isServed(CudaValues values, Readers readers) {
    Value branch = product.output();
    long x = values.address(product.input(0));
    long weight = values.address(product.input(1));
    return !of.gated()
        && of.branch() == values.address(branch)
        && readers.of(branch) == 1
        && branch.dim(-1) == of.width()
        && branch.shape().rows() == of.rows()
        && of.sum() != 0
        && of.rows() <= MOST_ROWS
        && COLUMNS.contains(of.width() / BLOCKS)
        && of.width() % BLOCKS == 0
        && depth() < MOST_DEPTHS * of.width()
        && depth() * DType.BF16.bytes() % JointRows.ALIGNMENT == 0
        && NormBehind.areAligned(x, weight, of.stream(), of.sum(), of.weight(), y);
  }

  /** What is summed over. */
  long depth() {
    return product.input(0).dim(-1);
  }
}
