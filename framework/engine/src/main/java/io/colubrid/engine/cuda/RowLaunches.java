package io.colubrid.engine.cuda;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.CudaCall.Grid;
import io.colubrid.spi.tensor.DType;

/** Rows taken from tables and added to them. */
record RowLaunches(Launches launches, CudaValues values) {
  private static final String MODULE = "rows";

  CudaKernel gather(Node node) {
    Value table = node.input(0);
    Value out = node.output();
    long width = table.shape().product(1, table.shape().rank());
    return launches.elements(
        MODULE,
        "gather_rows_" + table.dtype().bytes(),
        out.shape().elements(),
        Arguments.of()
            .addresses(values.address(table), values.address(node.input(1)), values.address(out))
            .number(table.dim(0))
            .number(width));
  }

  /** The links: a head a row of the table, a successor a row that is added. */
  static long workspace(Node node) {
    return (node.output().dim(0) + node.input(1).dim(0)) * Integer.BYTES;
  }

  CudaKernel scatter(Node node, Operation.ScatterRows scatter, long workspace) {
    Value rows = node.input(1);
    Value out = node.output();
    if (out.dtype() != DType.F32) {
      throw new UnsupportedOperationException("rows are added in f32; cast " + out);
    }
    long heads = workspace;
    long next = heads + out.dim(0) * Integer.BYTES;
    Grid threads = Launches.over(out.dim(0));
    CudaKernel links =
        launches.launch(
            MODULE,
            "scatter_links",
            threads,
            Launches.THREADS,
            1,
            Arguments.of()
                .addresses(values.address(node.input(0)), heads, next)
                .number(rows.dim(0))
                .number(out.dim(0)));
    CudaKernel sums =
        launches.launch(
            MODULE,
            "scatter_rows_f32",
            Grid.of(out.dim(0)),
            Launches.THREADS,
            1,
            Arguments.of()
                .addresses(heads, next, values.address(rows), values.address(out))
                .number(out.shape().product(1, out.shape().rank()))
                .integer(scatter.accumulate() ? 1 : 0));
    return links.then(sums);
  }
}
