package io.colubrid.runtime.data;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A growing column of longs off the heap, for indexes of more documents than the heap should hold.
 */
final class LongColumn {
  private static final int PAGE_BITS = 17;
  private static final long PAGE = 1L << PAGE_BITS;

  private final Arena arena;
  private final List<MemorySegment> pages = new ArrayList<>();
  private long size;

  LongColumn(Arena arena) {
    this.arena = arena;
  }

  void add(long value) {
    if ((size & (PAGE - 1)) == 0) {
      pages.add(arena.allocate(JAVA_LONG, PAGE));
    }
    pages.get((int) (size >>> PAGE_BITS)).setAtIndex(JAVA_LONG, size & (PAGE - 1), value);
    size++;
  }

  long get(long index) {
    Objects.checkIndex(index, size);
    return pages.get((int) (index >>> PAGE_BITS)).getAtIndex(JAVA_LONG, index & (PAGE - 1));
  }

  long size() {
    return size;
  }

  /**
   * In an ascending column, the index of the last value that is at most {@code value}; -1 if none
   * is.
   */
  long floor(long value) {
    long low = 0;
    long high = size;
    while (low < high) {
      long middle = (low + high) >>> 1;
      if (get(middle) <= value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }
}
