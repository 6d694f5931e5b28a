package io.colubrid.runtime.training;

import io.colubrid.runtime.data.DataPosition;

/**
 * Where a run stands, beside its tensors. Random numbers need no state: they are keyed by seed,
 * step and layer.
 *
 * @param step updates done
 * @param position where the data goes on
 * @param tokens tokens with a target seen
 * @param seconds time spent training
 */
public record TrainingState(long step, DataPosition position, long tokens, double seconds) {}
