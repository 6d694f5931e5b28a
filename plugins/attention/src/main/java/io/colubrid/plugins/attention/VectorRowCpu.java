package io.colubrid.plugins.attention;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.nn.LaneSumCpu;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * What attention does to single rows of floats. Places are byte offsets. Each method inlines at
 * most one exponential: with more the compiler gives up and allocates every vector.
 */
final class VectorRowCpu {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /**
   * Rows of scores are handled in stretches of this many floats, which start at multiples of it.
   */
  static final int LANES = SPECIES.length();

  // Adding it leaves the nearest whole number in the low bits of the mantissa.
  private static final float ROUNDER = 0x1.8p23f;
  private static final int EXPONENT_BIAS = 127;
  private static final int MANTISSA_BITS = 23;

  // Minimax for 2^x over [-1/2, 1/2], relative error 2e-9.
  private static final float C1 = 0.6931472057f;
  private static final float C2 = 0.2402264689f;
  private static final float C3 = 0.0555032878f;
  private static final float C4 = 0.0096184890f;
  private static final float C5 = 0.0013399931f;
  private static final float C6 = 0.0001534581f;

  private VectorRowCpu() {}

  /** The multiple of {@link #LANES} at or above a count. */
  static int roundUp(int count) {
    return (count + LANES - 1) / LANES * LANES;
  }

  static int roundDown(int count) {
    return count / LANES * LANES;
  }

  /** 2^x for x at most about 0; exactly 0 below −127. */
  private static FloatVector exp2(FloatVector x) {
    FloatVector clamped = x.max(-EXPONENT_BIAS);
    FloatVector shifted = clamped.add(ROUNDER);
    FloatVector f = clamped.sub(shifted.sub(ROUNDER));
    IntVector exponent =
        shifted
            .reinterpretAsInts()
            .add(EXPONENT_BIAS)
            .lanewise(VectorOperators.LSHL, MANTISSA_BITS);
    FloatVector p = f.fma(C6, C5);
    p = p.fma(f, f.broadcast(C4));
    p = p.fma(f, f.broadcast(C3));
    p = p.fma(f, f.broadcast(C2));
    p = p.fma(f, f.broadcast(C1));
    p = p.fma(f, f.broadcast(1));
    return p.mul(exponent.reinterpretAsFloats());
  }

  /** Largest of {@code count} floats, a multiple of {@link #LANES}. */
  static float max(MemorySegment row, long at, int count) {
    FloatVector even = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    FloatVector odd = even;
    int i = 0;
    for (; i < count - LANES; i += 2 * LANES) {
      even = even.max(FloatVector.fromMemorySegment(SPECIES, row, at + 4L * i, ORDER));
      odd = odd.max(FloatVector.fromMemorySegment(SPECIES, row, at + 4L * (i + LANES), ORDER));
    }
    if (i < count) {
      even = even.max(FloatVector.fromMemorySegment(SPECIES, row, at + 4L * i, ORDER));
    }
    return even.max(odd).reduceLanes(VectorOperators.MAX);
  }

  /**
   * Replaces each of {@code count} floats x, a multiple of {@link #LANES}, by 2^(x − shift).
   *
   * @return their sum
   */
  static float exponentials(MemorySegment row, long at, int count, float shift) {
    FloatVector sum = FloatVector.zero(SPECIES);
    for (int i = 0; i < SPECIES.loopBound(count); i += LANES) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, row, at + 4L * i, ORDER);
      FloatVector e = exp2(x.sub(shift));
      e.intoMemorySegment(row, at + 4L * i, ORDER);
      sum = sum.add(e);
    }
    return LaneSumCpu.of(sum);
  }

  /**
   * Turns {@code count} scores, a multiple of {@link #LANES}, into weights, and the gradients of
   * the weights into those of the scores: p = 2^(s − logSum), g = p·(g − delta).
   */
  static void scoreGradients(
      MemorySegment tiles, long scores, long gradients, int count, float logSum, float delta) {
    for (int i = 0; i < SPECIES.loopBound(count); i += LANES) {
      FloatVector s = FloatVector.fromMemorySegment(SPECIES, tiles, scores + 4L * i, ORDER);
      FloatVector p = exp2(s.sub(logSum));
      p.intoMemorySegment(tiles, scores + 4L * i, ORDER);
      FloatVector g = FloatVector.fromMemorySegment(SPECIES, tiles, gradients + 4L * i, ORDER);
      p.mul(g.sub(delta)).intoMemorySegment(tiles, gradients + 4L * i, ORDER);
    }
  }

  static float dot(MemorySegment a, long aAt, MemorySegment b, long bAt, int count) {
    FloatVector sums = FloatVector.zero(SPECIES);
    int i = 0;
    for (; i < SPECIES.loopBound(count); i += LANES) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, a, aAt + 4L * i, ORDER);
      sums = x.fma(FloatVector.fromMemorySegment(SPECIES, b, bAt + 4L * i, ORDER), sums);
    }
    float sum = LaneSumCpu.of(sums);
    for (; i < count; i++) {
      sum = Math.fma(a.get(JAVA_FLOAT, aAt + 4L * i), b.get(JAVA_FLOAT, bAt + 4L * i), sum);
    }
    return sum;
  }

  static void scale(MemorySegment row, long at, int count, float factor) {
    int i = 0;
    for (; i < SPECIES.loopBound(count); i += LANES) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, row, at + 4L * i, ORDER);
      x.mul(factor).intoMemorySegment(row, at + 4L * i, ORDER);
    }
    for (; i < count; i++) {
      row.set(JAVA_FLOAT, at + 4L * i, row.get(JAVA_FLOAT, at + 4L * i) * factor);
    }
  }

  static void fill(MemorySegment row, long at, int count, float value) {
    int i = 0;
    FloatVector values = FloatVector.broadcast(SPECIES, value);
    for (; i < SPECIES.loopBound(count); i += LANES) {
      values.intoMemorySegment(row, at + 4L * i, ORDER);
    }
    for (; i < count; i++) {
      row.set(JAVA_FLOAT, at + 4L * i, value);
    }
  }

  /** out[j] = factor · (x · row j), for rows that are {@code stride} bytes apart. */
  static void dots(
      MemorySegment x,
      long xAt,
      MemorySegment rows,
      long rowsAt,
      long stride,
      int count,
      int width,
      float factor,
      MemorySegment out,
      long outAt) {
    int j = 0;
    if (width % LANES == 0) {
      for (; j + 4 <= count; j += 4) {
        fourDots(x, xAt, rows, rowsAt + j * stride, stride, width, factor, out, outAt + 4L * j);
      }
    }
    for (; j < count; j++) {
      float sum = dot(x, xAt, rows, rowsAt + j * stride, width);
      out.set(JAVA_FLOAT, outAt + 4L * j, factor * sum);
    }
  }

  private static void fourDots(
      MemorySegment x,
      long xAt,
      MemorySegment rows,
      long row0,
      long stride,
      int width,
      float factor,
      MemorySegment out,
      long outAt) {
    long row1 = row0 + stride;
    long row2 = row1 + stride;
    long row3 = row2 + stride;
    FloatVector sum0 = FloatVector.zero(SPECIES);
    FloatVector sum1 = sum0;
    FloatVector sum2 = sum0;
    FloatVector sum3 = sum0;
    for (int i = 0; i < SPECIES.loopBound(width); i += LANES) {
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, x, xAt + 4L * i, ORDER);
      sum0 = v.fma(FloatVector.fromMemorySegment(SPECIES, rows, row0 + 4L * i, ORDER), sum0);
      sum1 = v.fma(FloatVector.fromMemorySegment(SPECIES, rows, row1 + 4L * i, ORDER), sum1);
      sum2 = v.fma(FloatVector.fromMemorySegment(SPECIES, rows, row2 + 4L * i, ORDER), sum2);
      sum3 = v.fma(FloatVector.fromMemorySegment(SPECIES, rows, row3 + 4L * i, ORDER), sum3);
    }
    out.set(JAVA_FLOAT, outAt, factor * LaneSumCpu.of(sum0));
    out.set(JAVA_FLOAT, outAt + 4, factor * LaneSumCpu.of(sum1));
    out.set(JAVA_FLOAT, outAt + 8, factor * LaneSumCpu.of(sum2));
    out.set(JAVA_FLOAT, outAt + 12, factor * LaneSumCpu.of(sum3));
  }

  /** out += Σ weights[j] · row j, for rows that are {@code stride} bytes apart. */
  static void addWeighted(
      MemorySegment weights,
      long weightsAt,
      MemorySegment rows,
      long rowsAt,
      long stride,
      int count,
      int width,
      MemorySegment out,
      long outAt) {
    int i = 0;
    for (; i + 4 * LANES <= width; i += 4 * LANES) {
      addFourVectors(weights, weightsAt, rows, rowsAt + 4L * i, stride, count, out, outAt + 4L * i);
    }
    for (; i + LANES <= width; i += LANES) {
      addVector(weights, weightsAt, rows, rowsAt + 4L * i, stride, count, out, outAt + 4L * i);
    }
    for (; i < width; i++) {
      float sum = out.get(JAVA_FLOAT, outAt + 4L * i);
      for (int j = 0; j < count; j++) {
        float weight = weights.get(JAVA_FLOAT, weightsAt + 4L * j);
        sum = Math.fma(weight, rows.get(JAVA_FLOAT, rowsAt + j * stride + 4L * i), sum);
      }
      out.set(JAVA_FLOAT, outAt + 4L * i, sum);
    }
  }

  private static void addFourVectors(
      MemorySegment weights,
      long weightsAt,
      MemorySegment rows,
      long rowsAt,
      long stride,
      int count,
      MemorySegment out,
      long outAt) {
    FloatVector sum0 = FloatVector.fromMemorySegment(SPECIES, out, outAt, ORDER);
    FloatVector sum1 = FloatVector.fromMemorySegment(SPECIES, out, outAt + 4L * LANES, ORDER);
    FloatVector sum2 = FloatVector.fromMemorySegment(SPECIES, out, outAt + 8L * LANES, ORDER);
    FloatVector sum3 = FloatVector.fromMemorySegment(SPECIES, out, outAt + 12L * LANES, ORDER);
    for (int j = 0; j < count; j++) {
      long at = rowsAt + j * stride;
      float weight = weights.get(JAVA_FLOAT, weightsAt + 4L * j);
      FloatVector w = FloatVector.broadcast(SPECIES, weight);
      sum0 = w.fma(FloatVector.fromMemorySegment(SPECIES, rows, at, ORDER), sum0);
      sum1 = w.fma(FloatVector.fromMemorySegment(SPECIES, rows, at + 4L * LANES, ORDER), sum1);
      sum2 = w.fma(FloatVector.fromMemorySegment(SPECIES, rows, at + 8L * LANES, ORDER), sum2);
      sum3 = w.fma(FloatVector.fromMemorySegment(SPECIES, rows, at + 12L * LANES, ORDER), sum3);
    }
    sum0.intoMemorySegment(out, outAt, ORDER);
    sum1.intoMemorySegment(out, outAt + 4L * LANES, ORDER);
    sum2.intoMemorySegment(out, outAt + 8L * LANES, ORDER);
    sum3.intoMemorySegment(out, outAt + 12L * LANES, ORDER);
  }

  private static void addVector(
      MemorySegment weights,
      long weightsAt,
      MemorySegment rows,
      long rowsAt,
      long stride,
      int count,
      MemorySegment out,
      long outAt) {
    FloatVector sum = FloatVector.fromMemorySegment(SPECIES, out, outAt, ORDER);
    for (int j = 0; j < count; j++) {
      float weight = weights.get(JAVA_FLOAT, weightsAt + 4L * j);
      FloatVector row = FloatVector.fromMemorySegment(SPECIES, rows, rowsAt + j * stride, ORDER);
      sum = row.fma(FloatVector.broadcast(SPECIES, weight), sum);
    }
    sum.intoMemorySegment(out, outAt, ORDER);
  }

  /** out += factor · row. */
  static void addScaled(
      MemorySegment row, long at, float factor, MemorySegment out, long outAt, int count) {
    int i = 0;
    FloatVector factors = FloatVector.broadcast(SPECIES, factor);
    for (; i < SPECIES.loopBound(count); i += LANES) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, row, at + 4L * i, ORDER);
      FloatVector old = FloatVector.fromMemorySegment(SPECIES, out, outAt + 4L * i, ORDER);
      x.fma(factors, old).intoMemorySegment(out, outAt + 4L * i, ORDER);
    }
    for (; i < count; i++) {
      float old = out.get(JAVA_FLOAT, outAt + 4L * i);
      out.set(JAVA_FLOAT, outAt + 4L * i, Math.fma(row.get(JAVA_FLOAT, at + 4L * i), factor, old));
    }
  }
}
