package io.colubrid.engine.cpu;

import java.lang.foreign.MemorySegment;

/** Copies between addresses. */
final class Copies {
  private Copies() {}

  static void bytes(long from, long to, long bytes) {
    MemorySegment.copy(OffHeap.ALL, from, OffHeap.ALL, to, bytes);
  }
}
