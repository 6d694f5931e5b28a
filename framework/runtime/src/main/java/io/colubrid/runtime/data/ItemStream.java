package io.colubrid.runtime.data;

import java.lang.foreign.Arena;

/** Items in an order shuffled anew for every epoch. */
public final class ItemStream implements TrainingStream<ItemBatch> {
  private final Items items;
  private final long seed;
  private long epoch;
  private long next;
  private KeyedPermutation order;

  /**
   * @param seed of the order and of what is random about items
   * @throws DataException if there is no item
   */
  public ItemStream(Items items, long seed) {
    if (items.size() == 0) {
      throw new DataException("nothing is left to train on; hold less out");
    }
    this.items = items;
    this.seed = seed;
    this.order = new KeyedPermutation(items.size(), key());
  }

  /** What is random in this epoch is keyed by it. */
  private long key() {
    return ContentHash.mix(seed) ^ ContentHash.mix(ContentHash.mix(epoch));
  }

  @Override
  public ItemBatch allocate(Arena arena, int rows) {
    return ItemBatch.allocate(arena, rows, items);
  }

  @Override
  public DataPosition position() {
    return new DataPosition(epoch, next, 0, 0);
  }

  @Override
  public void seek(DataPosition position) {
    ChunkStream.requireWithin("epoch", position.epoch(), Long.MAX_VALUE);
    ChunkStream.requireWithin("item", position.chunk(), items.size());
    enter(position.epoch());
    next = position.chunk();
  }

  private void enter(long other) {
    epoch = other;
    next = 0;
    order = new KeyedPermutation(items.size(), key());
  }

  @Override
  public int fill(ItemBatch into) {
    for (int row = 0; row < into.rows(); row++) {
      long index = order.at(next);
      long key = ContentHash.mix(key() ^ ContentHash.mix(index));
      items.read(index, key, into.input(row), into.targets(row));
      next++;
      if (next == items.size()) {
        enter(epoch + 1);
      }
    }
    return into.rows() * items.targets();
  }
}
