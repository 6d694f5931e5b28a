package io.colubrid.plugins.mamba2ssd;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.nn.VectorExpCpu;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * What the recurrence does to rows of floats. Places are byte offsets. Each method inlines at most
 * one exponential: with more the compiler gives up and allocates every vector.
 */
final class SsdRowsCpu {
  private static final VectorSpecies<Float> FLOATS = VectorExpCpu.FLOATS;
  private static final VectorSpecies<Double> DOUBLES = FLOATS.vectorShape().withLanes(double.class);
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final FloatVector ONE = FloatVector.broadcast(FLOATS, 1);
  private static final FloatVector ZERO = FloatVector.zero(FLOATS);

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

  /** 2^sum of each position. */
  static void decaysFromBegin(MemorySegment s, long sums, long rests, long out, int count) {
    for (int i = 0; i < roundUp(count); i += LANES) {
      FloatVector sum = load(s, sums + 4L * i).add(load(s, rests + 4L * i));
      VectorExpCpu.exp2(sum, ONE).intoMemorySegment(s, out + 4L * i, ORDER);
    }
  }

  /** 2^(last sum − sum of each position): differences are formed before they are exponents. */
  static void decaysToEnd(MemorySegment s, long sums, long rests, long out, int count) {
    FloatVector last = FloatVector.broadcast(FLOATS, s.get(JAVA_FLOAT, sums + 4L * (count - 1)));
    FloatVector lastRest =
        FloatVector.broadcast(FLOATS, s.get(JAVA_FLOAT, rests + 4L * (count - 1)));
    for (int i = 0; i < roundUp(count); i += LANES) {
      FloatVector sum = last.sub(load(s, sums + 4L * i));
      FloatVector exponent = sum.add(lastRest.sub(load(s, rests + 4L * i))).min(ZERO);
      VectorExpCpu.exp2(exponent, ONE).intoMemorySegment(s, out + 4L * i, ORDER);
    }
  }

  /**
   * Scores of one row times decays and step sizes. What the row does not see must be zero among the
   * scores; exponents are bounded there.
   *
   * @param from first column, at a whole vector, like {@code to}
   * @param t the row's own column
   */
  static void weigh(
      MemorySegment s,
      long scores,
      long out,
      long sums,
      long rests,
      long deltas,
      int from,
      int to,
      int t) {
    FloatVector sum = FloatVector.broadcast(FLOATS, s.get(JAVA_FLOAT, sums + 4L * t));
    FloatVector rest = FloatVector.broadcast(FLOATS, s.get(JAVA_FLOAT, rests + 4L * t));
    for (int i = from; i < to; i += LANES) {
      long at = 4L * i;
      FloatVector difference = sum.sub(load(s, sums + at));
      FloatVector exponent = difference.add(rest.sub(load(s, rests + at))).min(ZERO);
      FloatVector scale = VectorExpCpu.exp2(exponent, ONE).mul(load(s, deltas + at));
      load(s, scores + at).mul(scale).intoMemorySegment(s, out + at, ORDER);
    }
  }

  /**
   * The same in the backward pass: with E the decays and K = gradient∘scores∘E, the gradient of the
   * weights becomes the weights, K is added to the gradient of Δ, K∘Δ is put out, and what follows
   * for the scores is added to their gradient.
   */
  static void weighBackward(
      MemorySegment s,
      long scores,
      long gradients,
      long gradScores,
      long sums,
      long rests,
      long deltas,
      long gradDeltas,
      long products,
      int from,
      int to,
      int t) {
    FloatVector sum = FloatVector.broadcast(FLOATS, s.get(JAVA_FLOAT, sums + 4L * t));
    FloatVector rest = FloatVector.broadcast(FLOATS, s.get(JAVA_FLOAT, rests + 4L * t));
    for (int i = from; i < to; i += LANES) {
      long at = 4L * i;
      FloatVector difference = sum.sub(load(s, sums + at));
      FloatVector exponent = difference.add(rest.sub(load(s, rests + at))).min(ZERO);
      FloatVector decay = VectorExpCpu.exp2(exponent, ONE);
      FloatVector delta = load(s, deltas + at);
      FloatVector gradient = load(s, gradients + at).mul(decay);
      FloatVector score = load(s, scores + at);
      FloatVector k = gradient.mul(score);
      load(s, gradDeltas + at).add(k).intoMemorySegment(s, gradDeltas + at, ORDER);
      gradient.fma(delta, load(s, gradScores + at)).intoMemorySegment(s, gradScores + at, ORDER);
      score.mul(decay).mul(delta).intoMemorySegment(s, gradients + at, ORDER);
      k.mul(delta).intoMemorySegment(s, products + at, ORDER);
    }
  }

  /**
   * Takes each float of a row from its column's double, and adds all to the double of column t.
   *
   * @param lanes place of a vector of doubles
   */
  static void move(MemorySegment s, long row, long doubles, long lanes, int from, int to, int t) {
    DoubleVector total = DoubleVector.zero(DOUBLES);
    for (int i = from; i < to; i += LANES) {
      FloatVector floats = load(s, row + 4L * i);
      DoubleVector low = (DoubleVector) floats.convertShape(VectorOperators.F2D, DOUBLES, 0);
      DoubleVector high = (DoubleVector) floats.convertShape(VectorOperators.F2D, DOUBLES, 1);
      long at = doubles + 8L * i;
      loadDoubles(s, at).sub(low).intoMemorySegment(s, at, ORDER);
      long next = at + 4L * LANES;
      loadDoubles(s, next).sub(high).intoMemorySegment(s, next, ORDER);
      total = total.add(low).add(high);
    }
    total.intoMemorySegment(s, lanes, ORDER);
    double sum = 0;
    for (int i = 0; i < LANES / 2; i++) {
      sum += s.get(JAVA_DOUBLE, lanes + 8L * i);
    }
    long own = doubles + 8L * t;
    s.set(JAVA_DOUBLE, own, s.get(JAVA_DOUBLE, own) + sum);
  }

  private static DoubleVector loadDoubles(MemorySegment memory, long at) {
    return DoubleVector.fromMemorySegment(DOUBLES, memory, at, ORDER);
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

  static float dot(MemorySegment a, long aAt, MemorySegment b, long bAt, long count) {
    FloatVector sums = ZERO;
    long i = 0;
    for (; i < FLOATS.loopBound(count); i += LANES) {
      sums = load(a, aAt + 4L * i).fma(load(b, bAt + 4L * i), sums);
    }
    float sum = VectorExpCpu.sum(sums);
    for (; i < count; i++) {
      sum = Math.fma(a.get(JAVA_FLOAT, aAt + 4L * i), b.get(JAVA_FLOAT, bAt + 4L * i), sum);
    }
    return sum;
  }

  /**
   * Adds factor·row to a sum of rows.
   *
   * @return the product of factor·row with a third row
   */
  static float addAndDot(
      MemorySegment s, long row, float factor, long sum, MemorySegment other, long otherAt, int n) {
    FloatVector dots = ZERO;
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += LANES) {
      FloatVector v = load(s, row + 4L * i).mul(factor);
      load(s, sum + 4L * i).add(v).intoMemorySegment(s, sum + 4L * i, ORDER);
      dots = v.fma(load(other, otherAt + 4L * i), dots);
    }
    float dot = VectorExpCpu.sum(dots);
    for (; i < n; i++) {
      float v = s.get(JAVA_FLOAT, row + 4L * i) * factor;
      s.set(JAVA_FLOAT, sum + 4L * i, s.get(JAVA_FLOAT, sum + 4L * i) + v);
      dot = Math.fma(v, other.get(JAVA_FLOAT, otherAt + 4L * i), dot);
    }
    return dot;
  }

  /**
   * One step of one channel: h = decay·h + entering·b.
   *
   * @return h·c
   */
  static float step(
      MemorySegment h,
      long at,
      float decay,
      float entering,
      MemorySegment shared,
      long b,
      long c,
      int states) {
    FloatVector dots = ZERO;
    int i = 0;
    for (; i < FLOATS.loopBound(states); i += LANES) {
      FloatVector next = load(h, at + 4L * i).mul(decay);
      next = load(shared, b + 4L * i).mul(entering).add(next);
      next.intoMemorySegment(h, at + 4L * i, ORDER);
      dots = next.fma(load(shared, c + 4L * i), dots);
    }
    float dot = VectorExpCpu.sum(dots);
    for (; i < states; i++) {
      float next = h.get(JAVA_FLOAT, at + 4L * i) * decay;
      next += entering * shared.get(JAVA_FLOAT, b + 4L * i);
      h.set(JAVA_FLOAT, at + 4L * i, next);
      dot = Math.fma(next, shared.get(JAVA_FLOAT, c + 4L * i), dot);
    }
    return dot;
  }
}
