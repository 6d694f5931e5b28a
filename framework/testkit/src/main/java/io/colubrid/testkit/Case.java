package io.colubrid.testkit;

import java.util.List;

/**
 * Sizes to try a property at.
 *
 * @param batch number of rows
 * @param length positions a row
 * @param seed of weights and rows
 */
record Case(int batch, int length, long seed) {
  /** The lengths that every layer is tried at, with one to three rows. */
  static final List<Case> STANDARD =
      List.of(new Case(1, 1, 1), new Case(2, 63, 2), new Case(3, 100, 3), new Case(1, 257, 4));

  @Override
  public String toString() {
    return "batch %d, length %d, seed %d".formatted(batch, length, seed);
  }
}
