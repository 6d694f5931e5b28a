package io.colubrid.runtime.experiment;

import io.colubrid.runtime.training.RunSpec;
import java.util.SequencedMap;

/**
 * Models to compare, all trained on the same data in the same way.
 *
 * @param config how they are compared
 * @param models each model's run with the first seed, by name
 */
public record ComparisonSpec(CompareConfig config, SequencedMap<String, RunSpec> models) {}
