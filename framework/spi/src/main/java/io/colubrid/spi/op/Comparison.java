package io.colubrid.spi.op;

/** Comparisons of two elements; the result is a U8 tensor of 0 and 1. */
public enum Comparison {
  EQUAL,
  LESS,
  LESS_OR_EQUAL,
  GREATER,
  GREATER_OR_EQUAL
}
