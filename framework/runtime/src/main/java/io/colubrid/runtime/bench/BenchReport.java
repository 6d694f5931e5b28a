package io.colubrid.runtime.bench;

import java.util.List;

/**
 * What a machine reached.
 *
 * @param version of the project, and the commit it was built from
 * @param machine the device and what computes on it
 * @param load processes that wanted to run in the last minute, before the first measurement; −1
 *     where the system does not tell
 * @param ceilings what the device can do at best
 * @param results in the order in which they were measured
 * @param skipped sentences for what is not measured here
 * @param failed sentences for what was tried and could not be measured
 */
public record BenchReport(
    String version,
    String machine,
    double load,
    Ceilings ceilings,
    List<Measurement> results,
    List<String> skipped,
    List<String> failed) {}
