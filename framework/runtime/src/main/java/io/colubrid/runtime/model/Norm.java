package io.colubrid.runtime.model;

import io.colubrid.nn.AddNorm;
import io.colubrid.nn.LayerNorm;
import io.colubrid.nn.RmsNorm;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;

/** The normalisation in front of a mixer or channel layer. */
sealed interface Norm {
  /** Adds the branch that waits, and normalizes the sum into a dtype. */
  AddNorm.Result apply(Ops ops, Residual x, DType normed);

  /** Root mean square, with a weight. */
  record Rms(RmsNorm norm) implements Norm {
    @Override
    public AddNorm.Result apply(Ops ops, Residual x, DType normed) {
      return norm.add(ops, x.sum(), x.branch(), normed);
    }
  }

  /** Mean and variance, with weight and bias. */
  record Layered(LayerNorm norm) implements Norm {
    @Override
    public AddNorm.Result apply(Ops ops, Residual x, DType normed) {
      return norm.add(ops, x.sum(), x.branch(), normed);
    }
  }
}
