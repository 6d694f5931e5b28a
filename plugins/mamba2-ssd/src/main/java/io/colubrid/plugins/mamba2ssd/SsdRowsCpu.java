package io.colubrid.plugins.mamba2ssd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.nn.VectorExpCpu;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** What the recurrence does to single rows of floats. Places are byte offsets. */
final class SsdRowsCpu {
  private static final VectorSpecies<Float> FLOATS = VectorExpCpu.FLOATS;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  static final int LANES = VectorExpCpu.LANES;

  private SsdRowsCpu() {}

  /** The multiple of {@link #LANES} at or above a count. */
  static int roundUp(int count) {
    return (count + LANES - 1) / LANES * LANES;
  }

  static int roundDown(int count) {
    return count / LANES * LANES;
  }

  private static FloatVector load(MemorySegment memory, long at) {
    return FloatVector.fromMemorySegment(FLOATS, memory, at, ORDER);
  }

  /** row = factor·row + other·otherFactor; with factor 0 the old row is not read. */
  static void mix(
      MemorySegment row,
      long at,
      float factor,
      MemorySegment other,
      long otherAt,
      float otherFactor,
      int count) {
    if (factor == 0) {
      scaled(other, otherAt, otherFactor, row, at, count);
      return;
    }
    FloatVector otherFactors = FloatVector.broadcast(FLOATS, otherFactor);
    int i = 0;
    for (; i < FLOATS.loopBound(count); i += LANES) {
      FloatVector scaled = load(row, at + 4L * i).mul(factor);
      load(other, otherAt + 4L * i)
          .fma(otherFactors, scaled)
          .intoMemorySegment(row, at + 4L * i, ORDER);
    }
    for (; i < count; i++) {
      float scaled = row.get(JAVA_FLOAT, at + 4L * i) * factor;
      float more = other.get(JAVA_FLOAT, otherAt + 4L * i);
      row.set(JAVA_FLOAT, at + 4L * i, Math.fma(more, otherFactor, scaled));
    }
  }

  /** out = factor·row. */
  static void scaled(
      MemorySegment row, long at, float factor, MemorySegment out, long outAt, int count) {
    int i = 0;
    for (; i < FLOATS.loopBound(count); i += LANES) {
      load(row, at + 4L * i).mul(factor).intoMemorySegment(out, outAt + 4L * i, ORDER);
    }
    for (; i < count; i++) {
      out.set(JAVA_FLOAT, outAt + 4L * i, row.get(JAVA_FLOAT, at + 4L * i) * factor);
    }
  }

  /** row = factor·row, where a factor of 0 clears whatever was there. */
  static void scale(MemorySegment row, long at, long count, float factor) {
    if (factor == 0) {
      fill(row, at, count, 0);
    } else if (factor != 1) {
      scaled(row, at, factor, row, at, Math.toIntExact(count));
    }
  }

  static void fill(MemorySegment row, long at, long count, float value) {
    long i = 0;
    FloatVector values = FloatVector.broadcast(FLOATS, value);
    for (; i < FLOATS.loopBound(count); i += LANES) {
      values.intoMemorySegment(row, at + 4L * i, ORDER);
    }
    for (; i < count; i++) {
      row.set(JAVA_FLOAT, at + 4L * i, value);
    }
  }

  /** Copies elements that stand side by side. */
  static void copy(Matrix from, Matrix to, long count) {
    MemorySegment.copy(from.memory(), from.row(0), to.memory(), to.row(0), Float.BYTES * count);
  }
}
