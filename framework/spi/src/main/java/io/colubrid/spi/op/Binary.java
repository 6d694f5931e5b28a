package io.colubrid.spi.op;

/** Functions of two elements. */
public enum Binary {
  ADD,
  SUBTRACT,
  MULTIPLY,
  DIVIDE,
  MAXIMUM,
  MINIMUM
}
