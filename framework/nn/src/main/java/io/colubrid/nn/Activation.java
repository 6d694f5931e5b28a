package io.colubrid.nn;

import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.Unary;
import io.colubrid.spi.tensor.Tensor;

/** The functions that a channel layer's config can name. */
public enum Activation {
  RELU(Unary.RELU),
  /** With the exact normal distribution function. */
  GELU(Unary.GELU),
  /** The tanh approximation of GELU. */
  GELU_TANH(Unary.GELU_TANH),
  SILU(Unary.SILU);

  private final Unary function;

  Activation(Unary function) {
    this.function = function;
  }

  public Tensor apply(Ops ops, Tensor x) {
    return ops.unary(function, x);
  }
}
