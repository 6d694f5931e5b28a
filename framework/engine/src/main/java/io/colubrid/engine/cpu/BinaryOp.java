package io.colubrid.engine.cpu;

import io.colubrid.spi.op.Binary;

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
  DIVIDE_INTO;

  static BinaryOp of(Binary function) {
    return switch (function) {
      case ADD -> ADD;
      case SUBTRACT -> SUBTRACT;
      case MULTIPLY -> MULTIPLY;
      case DIVIDE -> DIVIDE;
      case MAXIMUM -> MAX;
      case MINIMUM -> MIN;
    };
  }
}
