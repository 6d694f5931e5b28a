package io.colubrid.runtime.report;

import java.util.List;
import java.util.SequencedMap;

/**
 * One training of one model.
 *
 * @param heldOut at the end, on what was not trained on, by the task's measure
 * @param more what else was measured there, by the key it has in the results
 * @param layers what layers reported at the last log point, by path and name
 * @param trainPerSecond tokens, or what else the data are counted in, without evaluation
 * @param generateTokensPerSecond of one sequence, token by token
 * @param losses in the order they were seen
 */
public record SeedResult(
    long seed,
    double heldOut,
    SequencedMap<String, Double> more,
    SequencedMap<String, Double> layers,
    double trainPerSecond,
    double generateTokensPerSecond,
    List<LossPoint> losses) {

  public SeedResult {
    losses = List.copyOf(losses);
  }
}
