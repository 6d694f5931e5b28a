package io.colubrid.testkit;

import java.util.ArrayList;
import java.util.List;

/**
 * Sizes to try a property at.
 *
 * @param batch number of rows
 * @param length positions a row
 * @param seed of weights and rows
 */
record Case(int batch, int length, long seed) {
  private static final int[] SHORTER = {1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 32, 33, 64, 65, 128, 129};

  /** The lengths that every layer is tried at, with one to three rows. */
  static final List<Case> STANDARD =
      List.of(new Case(1, 1, 1), new Case(2, 63, 2), new Case(3, 100, 3), new Case(1, 257, 4));

  /** Cases with fewer elements than this one, the smallest first. */
  List<Case> smaller() {
    List<Case> smaller = new ArrayList<>();
    for (int shorter : SHORTER) {
      for (int rows = 1; rows <= batch && shorter < length; rows++) {
        smaller.add(new Case(rows, shorter, seed));
      }
    }
    return smaller;
  }

  @Override
  public String toString() {
    return "batch %d, length %d, seed %d".formatted(batch, length, seed);
  }
}
