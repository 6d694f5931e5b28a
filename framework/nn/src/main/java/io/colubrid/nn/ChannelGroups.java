package io.colubrid.nn;

import io.colubrid.spi.op.Parallel;
import io.colubrid.spi.tensor.Shape;
import java.util.function.LongFunction;

/**
 * How work on [batch, length, channels] is divided that runs along the length: into blocks of as
 * many channels as a vector has lanes, and groups of blocks that one thread takes through one row
 * of the batch. It depends on the shape alone, so that what is summed over groups or over the batch
 * comes out the same on any number of threads.
 *
 * @param blocks blocks of channels, the last perhaps not full
 * @param groupBlocks blocks a group
 */
record ChannelGroups(int batch, int length, int channels, int lanes, int blocks, int groupBlocks) {
  /** Steps that are worked on at a time, so that they stay in the nearest caches. */
  static final int TILE = 64;

  private static final int WANTED_ITEMS = 16;
  private static final int MOST_GROUP_BLOCKS = 8;
  private static final long ELEMENTS_WORTH_A_THREAD = 512;

  static ChannelGroups of(Shape shape, int lanes) {
    int batch = Math.toIntExact(shape.dim(0));
    int channels = Math.toIntExact(shape.dim(2));
    int blocks = Math.ceilDiv(channels, lanes);
    int group = Math.clamp((long) batch * blocks / WANTED_ITEMS, 1, MOST_GROUP_BLOCKS);
    return new ChannelGroups(batch, Math.toIntExact(shape.dim(1)), channels, lanes, blocks, group);
  }

  /** Elements of [batch, length, channels]. */
  long elements() {
    return (long) batch * length * channels;
  }

  int groups() {
    return Math.ceilDiv(blocks, groupBlocks);
  }

  /** Pairs of a row of the batch and a group; they are independent of each other. */
  int items() {
    return batch * groups();
  }

  /** Items that are worked on, and have scratch memory, at a time. */
  int slots(int threads) {
    // A decoding step of a small model is done before another thread is awake.
    long worth = Math.ceilDiv(Math.max(1, elements()), ELEMENTS_WORTH_A_THREAD);
    return (int) Math.min(worth, Math.min(items(), threads));
  }

  int tiles() {
    return Math.ceilDiv(length, TILE);
  }

  int firstChannel(int group) {
    return group * groupBlocks * lanes;
  }

  /** Channels of a group, of which the last may have fewer. */
  int channels(int group) {
    return Math.min(groupBlocks * lanes, channels - firstChannel(group));
  }

  /** Channels of all blocks, whether or not they exist. */
  long paddedChannels() {
    return (long) blocks * lanes;
  }

  /** What is done with one row of the batch and one group. */
  interface ItemTask {
    void run(int batch, int group);
  }

  /**
   * Runs over all items on all threads.
   *
   * @param slots makes the task of a slot; it serves one item after the other
   */
  void forEach(Parallel parallel, LongFunction<ItemTask> slots) {
    int count = slots(parallel.threads());
    parallel.forEachRange(
        count,
        1,
        (from, to) -> {
          for (long slot = from; slot < to; slot++) {
            ItemTask task = slots.apply(slot);
            for (int item = (int) slot; item < items(); item += count) {
              task.run(item / groups(), item % groups());
            }
          }
        });
  }
}
