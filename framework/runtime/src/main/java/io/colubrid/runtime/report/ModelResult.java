package io.colubrid.runtime.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.ToDoubleFunction;

/**
 * One model of a comparison, trained once a seed.
 *
 * @param flopsPerUnit forward pass for a token, or what else the data are counted in; a
 *     multiply-add counts 2
 * @param stateBytes of one sequence at the report's {@code stateTokens}
 * @param config as HOCON, complete enough to train the model again
 */
public record ModelResult(
    String name,
    long parameters,
    double flopsPerUnit,
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

  public Estimate heldOut() {
    return over(SeedResult::heldOut);
  }

  public Estimate trainPerSecond() {
    return over(SeedResult::trainPerSecond);
  }

  public Estimate generateTokensPerSecond() {
    return over(SeedResult::generateTokensPerSecond);
  }

  /** Means of what else was measured, by the key it has in the results. */
  SequencedMap<String, Double> more() {
    SequencedMap<String, Double> means = new LinkedHashMap<>();
    for (SeedResult seed : seeds) {
      seed.more().forEach((key, value) -> means.merge(key, value / seeds.size(), Double::sum));
    }
    return means;
  }

  private Estimate over(ToDoubleFunction<SeedResult> quantity) {
    return Estimate.of(seeds.stream().mapToDouble(quantity).toArray());
  }
}
