package io.colubrid.runtime.model;

import io.colubrid.nn.LayerNorm;
import io.colubrid.nn.RmsNorm;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;

/** The normalisation in front of a mixer or channel layer. */
sealed interface Norm {
  Tensor apply(Ops ops, Tensor x);

  /** Root mean square, with a weight. */
  record Rms(RmsNorm norm) implements Norm {
    @Override
    public Tensor apply(Ops ops, Tensor x) {
      return norm.apply(ops, x);
    }
  }

  /** Mean and variance, with weight and bias. */
  record Layered(LayerNorm norm) implements Norm {
    @Override
    public Tensor apply(Ops ops, Tensor x) {
      return norm.apply(ops, x);
    }
  }
}
