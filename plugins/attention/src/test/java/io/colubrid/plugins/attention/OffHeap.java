package io.colubrid.plugins.attention;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.random.RandomGenerator;

/** Plain segments, 64-byte aligned, that live as long as something refers to them. */
final class OffHeap {
  private OffHeap() {}

  static MemorySegment floats(float[] values) {
    MemorySegment segment = bytes(4L * values.length);
    MemorySegment.copy(values, 0, segment, JAVA_FLOAT, 0, values.length);
    return segment;
  }

  static MemorySegment ints(int... values) {
    MemorySegment segment = bytes(4L * values.length);
    MemorySegment.copy(values, 0, segment, JAVA_INT, 0, values.length);
    return segment;
  }

  static MemorySegment bytes(long size) {
    return Arena.ofAuto().allocate(size, 64);
  }

  /** Floats that show if they are read before they are written, or never written. */
  static MemorySegment poisoned(long size) {
    MemorySegment segment = bytes(size);
    for (long at = 0; at + 4 <= size; at += 4) {
      segment.set(JAVA_FLOAT, at, Float.NaN);
    }
    return segment;
  }

  static float[] array(MemorySegment floats) {
    return floats.toArray(JAVA_FLOAT);
  }

  static float[] normal(RandomGenerator random, long count) {
    float[] values = new float[(int) count];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
