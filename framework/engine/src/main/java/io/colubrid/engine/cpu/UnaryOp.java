package io.colubrid.engine.cpu;

/**
 * Functions of one element. {@code GELU} is the exact form, {@code GELU_TANH} its approximation.
 */
public enum UnaryOp {
  NEGATE,
  ABS,
  SQUARE,
  SQRT,
  RECIPROCAL,
  RELU,
  EXP,
  LOG,
  TANH,
  SIGMOID,
  SILU,
  SOFTPLUS,
  GELU,
  GELU_TANH
}
