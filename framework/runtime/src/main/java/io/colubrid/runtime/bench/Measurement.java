package io.colubrid.runtime.bench;

/**
 * What a benchmark came to.
 *
 * @param name of the benchmark
 * @param what it does
 * @param repetitions that were measured after the warm-up
 * @param millis median
 * @param minMillis the fastest
 * @param maxMillis the slowest
 * @param gigaflopsPerSecond of the median; 0 where nothing is counted
 * @param gigabytesPerSecond of the bytes that have to be moved, in the median
 * @param tokensPerSecond of the median; 0 where there are no tokens
 * @param floorMillis what this machine's limits allow at best
 * @param floorBy {@code arithmetic}, {@code memory} or {@code exponentials}, whichever the floor is
 *     made of
 * @param ratio median over floor
 * @param peakBytes the most memory that it held, of what the device lets us allocate
 * @param note what is particular about it; empty if nothing
 */
public record Measurement(
    String name,
    String what,
    int repetitions,
    double millis,
    double minMillis,
    double maxMillis,
    double gigaflopsPerSecond,
    double gigabytesPerSecond,
    double tokensPerSecond,
    double floorMillis,
    String floorBy,
    double ratio,
    long peakBytes,
    String note) {}
