package io.colubrid.engine.cuda;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.CudaCall.Grid;
import io.colubrid.spi.op.RowNorm;
import io.colubrid.spi.op.RowProductTiling;
import io.colubrid.spi.tensor.DType;
import org.jspecify.annotations.Nullable;

/** Products of a single row with a matrix [out, in] in BF16, as decoding of one sequence needs. */
record RowProductLaunches(Launches launches, CudaValues values, FirstWrites writes) {
  private static final String MODULE = "row_product";

  /** Whether a node is such a product. */
  static boolean serves(Node node) {
    if (!(node.operation() instanceof Operation.MatMul product)
        || product.transposeA()
        || !product.transposeB()
        || product.accumulate()) {
      return false;
    }
    Value x = node.input(0);
    Value matrix = node.input(1);
    return x.dtype() == DType.BF16
        && matrix.dtype() == DType.BF16
        && x.shape().rows() == 1
        && x.dim(-1) > 0
        && matrix.shape().rank() == 2
        && RowProductTiling.fits(matrix.shape());
  }

  /**
   * @param norm how to make the row; null if it is there
   */
  CudaKernel kernel(Node node, int index, @Nullable RowNorm norm) {
    Value matrix = node.input(1);
    Value bias = node.inputs().size() < 3 ? null : node.inputs().get(2);
    RowProductTiling tiling = RowProductTiling.of(matrix.shape());
    long[] row = norm == null ? new long[] {values.address(node.input(0))} : norm.addresses();
    boolean ahead =
        writes.standsAt(matrix, index)
            && writes.standsAt(bias, index)
            && (norm == null || norm.weightStands());
    String kernel = MODULE + (norm == null ? "" : "_normed");
    return launches.early(
        MODULE,
        kernel + tiling.variant(values.address(matrix), row),
        Grid.of(tiling.blocks()),
        RowProductTiling.THREADS,
        Arguments.of()
            .number(norm == null ? row : norm.words())
            .addresses(
                values.address(matrix), values.addressOrNull(bias), values.address(node.output()))
            .integer(node.output().dtype() == DType.BF16 ? 1 : 0)
            .integer(ahead ? 1 : 0)
            .integer(tiling.slices())
            .integer(Math.toIntExact(matrix.shape().dim(0)))
            .integer(Math.toIntExact(matrix.shape().dim(1))));
  }
}
