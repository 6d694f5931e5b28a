package io.colubrid.runtime.report;

import java.util.List;

/**
 * One training of one model.
 *
 * @param heldOutBitsPerByte at the end, on text not trained on
 * @param trainTokensPerSecond without evaluation
 * @param generateTokensPerSecond of one sequence, token by token
 * @param losses in the order they were seen
 */
public record SeedResult(
    long seed,
    double heldOutBitsPerByte,
    double trainTokensPerSecond,
    double generateTokensPerSecond,
    List<LossPoint> losses) {

  public SeedResult {
    losses = List.copyOf(losses);
  }
}
