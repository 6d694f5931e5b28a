package io.colubrid.runtime.data;

import java.lang.foreign.MemorySegment;

/** Items of one size, each with its targets, with access by index from any thread. */
public interface Items {
  /** How many items there are. */
  long size();

  /** Bytes of an item's input. */
  long inputBytes();

  /** Bytes of an item's targets. */
  long targetBytes();

  /** Targets of an item. */
  int targets();

  /**
   * Writes an item.
   *
   * @param key decides what is random about it; the same whenever a pass is repeated
   * @param input where its input goes
   * @param target where its targets go
   * @throws DataException if it cannot be read
   */
  void read(long index, long key, MemorySegment input, MemorySegment target);
}
