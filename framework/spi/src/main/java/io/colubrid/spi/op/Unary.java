package io.colubrid.spi.op;

/** Functions of one element. */
public enum Unary {
  EXP,
  LOG,
  SQRT,
  RECIPROCAL,
  SQUARE,
  ABS,
  SIN,
  COS,
  TANH,
  SIGMOID,
  RELU,
  /** x·sigmoid(x). */
  SILU,
  /** x·Φ(x), with the exact normal distribution function. */
  GELU,
  /** The tanh approximation of GELU. */
  GELU_TANH,
  /** log(1 + eˣ), without overflow. */
  SOFTPLUS
}
