package io.colubrid.runtime.report;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * One model of a comparison, trained once a seed.
 *
 * @param flopsPerToken forward pass, a multiply-add counting 2
 * @param stateBytes of one sequence at the report's {@code stateTokens}
 * @param config as HOCON, complete enough to train the model again
 */
public record ModelResult(
    String name,
    long parameters,
    double flopsPerToken,
    long stateBytes,
    String config,
    List<SeedResult> seeds) {

  /**
   * @throws IllegalArgumentException if there is no seed
   */
  public ModelResult {
    if (seeds.isEmpty()) {
      throw new IllegalArgumentException("model " + name + ": expected at least one seed");
    }
    seeds = List.copyOf(seeds);
  }

  public Estimate heldOutBitsPerByte() {
    return over(SeedResult::heldOutBitsPerByte);
  }

  public Estimate trainTokensPerSecond() {
    return over(SeedResult::trainTokensPerSecond);
  }

  public Estimate generateTokensPerSecond() {
    return over(SeedResult::generateTokensPerSecond);
  }

  private Estimate over(ToDoubleFunction<SeedResult> quantity) {
    return Estimate.of(seeds.stream().mapToDouble(quantity).toArray());
  }
}
