package io.colubrid.runtime.data;

/**
 * A batch that was read ahead.
 *
 * @param <B> the batches of the stream
 * @param targets how many of its places have a target
 * @param after where the stream goes on after this batch, whatever has been read ahead since
 */
public record PrefetchedBatch<B extends Batch>(B batch, int targets, DataPosition after) {}
