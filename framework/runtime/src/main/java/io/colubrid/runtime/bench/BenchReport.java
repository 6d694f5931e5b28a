package io.colubrid.runtime.bench;

import io.colubrid.engine.cpu.MachineLimits;
import java.util.List;

/**
 * What a machine reached.
 *
 * @param machine the processor and what computes on it
 * @param load processes that wanted to run in the last minute, before the first measurement; −1
 *     where the system does not tell
 * @param limits what the machine can do at best
 * @param results in the order in which they were measured
 * @param skipped sentences for what could not be measured
 */
public record BenchReport(
    String machine,
    double load,
    MachineLimits limits,
    List<Measurement> results,
    List<String> skipped) {}
