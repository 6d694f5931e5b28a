package io.colubrid.engine.cpu;

/** Functions of two elements a and b. */
public enum BinaryOp {
  ADD,
  SUBTRACT,
  MULTIPLY,
  DIVIDE,
  MAX,
  MIN,
  /** b - a. */
  SUBTRACT_FROM,
  /** b / a. */
  DIVIDE_INTO
}
