package io.colubrid.testkit.trial;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Plain segments, 64-byte aligned, that live as long as something refers to them. */
public final class OffHeap {
  private static final int ALIGNMENT = 64;

  private OffHeap() {}

  public static MemorySegment floats(float[] values) {
    MemorySegment segment = bytes(JAVA_FLOAT.byteSize() * values.length);
    MemorySegment.copy(values, 0, segment, JAVA_FLOAT, 0, values.length);
    return segment;
  }

  public static MemorySegment ints(int... values) {
    MemorySegment segment = bytes(JAVA_INT.byteSize() * values.length);
    MemorySegment.copy(values, 0, segment, JAVA_INT, 0, values.length);
    return segment;
  }

  /** So many bytes of floats that show if they are read before they are written, or never. */
  public static MemorySegment poisoned(long size) {
    MemorySegment segment = bytes(size);
    for (long i = 0; i < size / JAVA_FLOAT.byteSize(); i++) {
      segment.setAtIndex(JAVA_FLOAT, i, Float.NaN);
    }
    return segment;
  }

  private static MemorySegment bytes(long size) {
    return Arena.ofAuto().allocate(size, ALIGNMENT);
  }

  public static float[] array(MemorySegment floats) {
    return floats.toArray(JAVA_FLOAT);
  }
}
