package io.colubrid.runtime.report;

/**
 * A training loss and what had been spent when it was seen.
 *
 * @param tokens trained on so far
 * @param flops spent on them, forward and backward
 * @param seconds of training so far
 * @param loss in the report's unit; not finite where training went bad
 */
public record LossPoint(long tokens, double flops, double seconds, double loss) {}
