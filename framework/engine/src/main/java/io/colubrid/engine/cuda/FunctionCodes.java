package io.colubrid.engine.cuda;

import io.colubrid.spi.op.Binary;
import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.op.Unary;

/** The numbers by which {@code elementwise.cu} knows the functions of the vocabulary. */
final class FunctionCodes {
  private FunctionCodes() {}

  static int of(Unary function) {
    return switch (function) {
      case EXP -> 0;
      case LOG -> 1;
      case SQRT -> 2;
      case RECIPROCAL -> 3;
      case SQUARE -> 4;
      case ABS -> 5;
      case SIN -> 6;
      case COS -> 7;
      case TANH -> 8;
      case SIGMOID -> 9;
      case RELU -> 10;
      case SILU -> 11;
      case GELU -> 12;
      case GELU_TANH -> 13;
      case SOFTPLUS -> 14;
    };
  }

  static int of(Binary function) {
    return switch (function) {
      case ADD -> 0;
      case SUBTRACT -> 1;
      case MULTIPLY -> 2;
      case DIVIDE -> 3;
      case MAXIMUM -> 4;
      case MINIMUM -> 5;
    };
  }

  static int of(Comparison comparison) {
    return switch (comparison) {
      case EQUAL -> 0;
      case LESS -> 1;
      case LESS_OR_EQUAL -> 2;
      case GREATER -> 3;
      case GREATER_OR_EQUAL -> 4;
    };
  }
}
