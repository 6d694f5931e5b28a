package io.colubrid.plugins.moe;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.nn.LaneSumCpu;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** What {@link CombineCpu} does to single rows of floats. Places and lengths are bytes. */
final class RowCpu {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final int VECTOR = FLOATS.vectorByteSize();

  private RowCpu() {}

  /** out += factor · row. */
  static void addScaled(
      MemorySegment row, long at, float factor, MemorySegment out, long outAt, long bytes) {
    FloatVector factors = FloatVector.broadcast(FLOATS, factor);
    long i = 0;
    for (; i + VECTOR <= bytes; i += VECTOR) {
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, row, at + i, ORDER);
      FloatVector old = FloatVector.fromMemorySegment(FLOATS, out, outAt + i, ORDER);
      x.fma(factors, old).intoMemorySegment(out, outAt + i, ORDER);
    }
    for (; i < bytes; i += Float.BYTES) {
      float sum = Math.fma(row.get(JAVA_FLOAT, at + i), factor, out.get(JAVA_FLOAT, outAt + i));
      out.set(JAVA_FLOAT, outAt + i, sum);
    }
  }

  /** out = factor · row. */
  static void scale(
      MemorySegment row, long at, float factor, MemorySegment out, long outAt, long bytes) {
    long i = 0;
    for (; i + VECTOR <= bytes; i += VECTOR) {
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, row, at + i, ORDER);
      x.mul(factor).intoMemorySegment(out, outAt + i, ORDER);
    }
    for (; i < bytes; i += Float.BYTES) {
      out.set(JAVA_FLOAT, outAt + i, factor * row.get(JAVA_FLOAT, at + i));
    }
  }

  static float dot(MemorySegment a, long aAt, MemorySegment b, long bAt, long bytes) {
    FloatVector sums = FloatVector.zero(FLOATS);
    long i = 0;
    for (; i + VECTOR <= bytes; i += VECTOR) {
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, a, aAt + i, ORDER);
      sums = x.fma(FloatVector.fromMemorySegment(FLOATS, b, bAt + i, ORDER), sums);
    }
    float sum = LaneSumCpu.of(sums);
    for (; i < bytes; i += Float.BYTES) {
      sum = Math.fma(a.get(JAVA_FLOAT, aAt + i), b.get(JAVA_FLOAT, bAt + i), sum);
    }
    return sum;
  }
}
