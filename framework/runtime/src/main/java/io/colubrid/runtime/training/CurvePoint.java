package io.colubrid.runtime.training;

/**
 * A point of a loss curve.
 *
 * @param step updates done
 * @param tokens tokens with a target seen so far
 * @param seconds time spent training so far
 * @param loss mean loss since the point before, in nats
 */
public record CurvePoint(long step, long tokens, double seconds, double loss) {}
