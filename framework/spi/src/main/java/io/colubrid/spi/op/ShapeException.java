package io.colubrid.spi.op;

/**
 * Operands whose shapes or dtypes do not fit; the message names both and says what was expected.
 */
public final class ShapeException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  public ShapeException(String message) {
    super(message);
  }
}
