package io.colubrid.engine.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.MemorySegment;

/** Copies between addresses. */
final class Copies {
  private Copies() {}

  static void bytes(long from, long to, long bytes) {
    MemorySegment.copy(OffHeap.ALL, from, OffHeap.ALL, to, bytes);
  }

  /** Copies elements that stand {@code stride} bytes apart into one row. */
  static void gather(long from, long stride, long to, long count, int size) {
    if (size != Integer.BYTES) {
      for (long i = 0; i < count; i++) {
        bytes(from + i * stride, to + i * size, size);
      }
      return;
    }
    for (long i = 0; i < count; i++) {
      int word = OffHeap.ALL.get(JAVA_INT_UNALIGNED, from + i * stride);
      OffHeap.ALL.set(JAVA_INT_UNALIGNED, to + i * size, word);
    }
  }
}
