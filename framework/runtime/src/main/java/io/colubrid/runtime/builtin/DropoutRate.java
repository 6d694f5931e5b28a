package io.colubrid.runtime.builtin;

import io.colubrid.spi.layer.InvalidLayerException;

/** The rule for shares of elements that training sets to zero. */
final class DropoutRate {
  private DropoutRate() {}

  /**
   * @throws InvalidLayerException if the rate is not in [0, 1)
   */
  static void require(String key, double rate) {
    if (!(rate >= 0 && rate < 1)) {
      throw new InvalidLayerException(key, "must be at least 0 and less than 1, found " + rate);
    }
  }
}
