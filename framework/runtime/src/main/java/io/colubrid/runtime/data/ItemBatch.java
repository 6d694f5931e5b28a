package io.colubrid.runtime.data;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Room for a batch of items of one size.
 *
 * @param rows items
 * @param input a row's input behind the other's
 * @param targets a row's targets behind the other's
 */
public record ItemBatch(int rows, MemorySegment input, MemorySegment targets) implements Batch {
  private static final long ALIGNMENT = 64;

  /** A batch in memory of its own, which lives as long as the arena. */
  public static ItemBatch allocate(Arena arena, int rows, Items items) {
    return new ItemBatch(
        rows,
        arena.allocate(rows * items.inputBytes(), ALIGNMENT),
        arena.allocate(rows * items.targetBytes(), ALIGNMENT));
  }

  /** The input of one row. */
  public MemorySegment input(int row) {
    return part(input, row);
  }

  /** The targets of one row. */
  public MemorySegment targets(int row) {
    return part(targets, row);
  }

  private MemorySegment part(MemorySegment whole, int row) {
    long bytes = whole.byteSize() / rows;
    return whole.asSlice(row * bytes, bytes);
  }
}
