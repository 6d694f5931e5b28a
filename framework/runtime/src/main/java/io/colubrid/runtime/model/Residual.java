package io.colubrid.runtime.model;

import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The residual stream between two layers. The output of the last branch waits to be added, so that
 * the next norm can do both in one pass over memory.
 *
 * @param sum what was added up before
 * @param branch what waits, of the same shape; null for nothing
 */
record Residual(Tensor sum, @Nullable Tensor branch) {
  static Residual of(Tensor stream) {
    return new Residual(stream, null);
  }

  /** The last position of each sequence of [batch, length, width]. */
  Residual last(Ops ops) {
    return new Residual(last(ops, sum), branch == null ? null : last(ops, branch));
  }

  private static Tensor last(Ops ops, Tensor x) {
    return ops.slice(x, 1, x.dim(1) - 1, x.dim(1));
  }

  /** The stream with everything added. */
  Tensor whole(Ops ops) {
    return branch == null ? sum : ops.add(sum, branch);
  }
}
