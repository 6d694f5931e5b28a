package io.colubrid.engine.cuda;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.CudaCall.Grid;
import io.colubrid.spi.tensor.DType;

/** Rows taken from tables and added to them. */
record RowLaunches(Launches launches, CudaValues values) {
  private static final String MODULE = "rows";
  private static final int QUAD = 16;

  /** Enough blocks to share the rows evenly, few enough to look through all indices. */
  private static final long BLOCKS = 2112;

  private static final long MOST_OWNED = 256;

  CudaKernel gather(Node node) {
    Value table = node.input(0);
    Value out = node.output();
    long width = table.shape().product(1, table.shape().rank());
    long bytes = table.dtype().bytes();
    if (bytes * width % QUAD == 0 && aligned(table) && aligned(out)) {
      width = width * bytes / QUAD;
      bytes = QUAD;
    }
    return launches.elements(
        MODULE,
        "gather_rows_" + bytes,
        node.input(1).dim(0) * width,
        Arguments.of()
            .addresses(values.address(table), values.address(node.input(1)), values.address(out))
            .number(table.dim(0))
            .number(width));
  }

  private boolean aligned(Value value) {
    return values.address(value) % QUAD == 0;
  }

  CudaKernel scatter(Node node, Operation.ScatterRows scatter) {
    Value rows = node.input(1);
    Value out = node.output();
    if (out.dtype() != DType.F32) {
      throw new UnsupportedOperationException("rows are added in f32; cast " + out);
    }
    long width = out.shape().product(1, out.shape().rank());
    long blocks = Math.max(Math.min(out.dim(0), BLOCKS), Math.ceilDiv(out.dim(0), MOST_OWNED));
    boolean quads = width % 4 == 0 && aligned(rows) && aligned(out);
    return launches.launch(
        MODULE,
        quads ? "scatter_rows_f32_4" : "scatter_rows_f32_1",
        Grid.of(blocks),
        Launches.THREADS,
        1,
        Arguments.of()
            .addresses(values.address(node.input(0)), values.address(rows), values.address(out))
            .number(rows.dim(0))
            .number(out.dim(0))
            .number(width)
            .integer(scatter.accumulate() ? 1 : 0));
  }
}
