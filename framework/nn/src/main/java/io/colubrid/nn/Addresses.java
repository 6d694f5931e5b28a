package io.colubrid.nn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;

/**
 * Memory by address. A loop over segments pays for every kind of segment that the process has seen;
 * over {@link #ALL}, a constant, it pays nothing. Bodies check their segments once, with {@link
 * #of}.
 */
final class Addresses {
  /** The whole address space. */
  @SuppressWarnings("restricted")
  static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  /** The address of what is not there. */
  static final long NONE = 0;

  private Addresses() {}

  /**
   * The address of a segment off the heap.
   *
   * @param floats how many of them must lie there
   * @throws IllegalArgumentException if the segment is on the heap, closed or shorter
   */
  static long of(MemorySegment segment, long floats) {
    if (!segment.isNative() || !segment.scope().isAlive() || segment.byteSize() < 4 * floats) {
      throw new IllegalArgumentException(
          "expected %d floats in open memory off the heap, found %s".formatted(floats, segment));
    }
    return segment.address();
  }

  static float get(long at) {
    return ALL.get(JAVA_FLOAT, at);
  }

  static void set(long at, double value) {
    ALL.set(JAVA_FLOAT, at, (float) value);
  }

  static void add(long at, double value) {
    set(at, get(at) + value);
  }

  static void copy(long from, long to, long bytes) {
    MemorySegment.copy(ALL, from, ALL, to, bytes);
  }

  static void clear(long at, long bytes) {
    ALL.asSlice(at, bytes).fill((byte) 0);
  }
}
