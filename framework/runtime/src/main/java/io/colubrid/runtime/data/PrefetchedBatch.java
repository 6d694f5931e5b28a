package io.colubrid.runtime.data;

/**
 * A batch that was read ahead.
 *
 * @param targets how many of its places have a target
 * @param after where the stream goes on after this batch, whatever has been read ahead since
 */
public record PrefetchedBatch(TokenBatch batch, int targets, DataPosition after) {}
