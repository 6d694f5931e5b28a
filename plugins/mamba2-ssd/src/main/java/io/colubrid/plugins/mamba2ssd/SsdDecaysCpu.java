package io.colubrid.plugins.mamba2ssd;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.nn.AloneCpu;
import io.colubrid.nn.VectorExpCpu;
import io.colubrid.plugins.mamba2ssd.SsdScratch.Line;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The decays of one head in scratch memory. Loops are compiled alone, see {@link AloneCpu}; each
 * inlines one exponential.
 */
record SsdDecaysCpu(MemorySegment scratch, SsdScratch layout, int head) {
  private static final VectorSpecies<Float> FLOATS = VectorExpCpu.FLOATS;
  private static final VectorSpecies<Double> DOUBLES = FLOATS.vectorShape().withLanes(double.class);
  private static final int LANES = VectorExpCpu.LANES;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final FloatVector ONE = FloatVector.broadcast(FLOATS, 1);
  private static final FloatVector ZERO = FloatVector.zero(FLOATS);

  private static MethodHandle fillFromBegin = loop("fillFromBegin", 3, 1);
  private static MethodHandle fillToEnd = loop("fillToEnd", 3, 1);
  private static MethodHandle weighRow = loop("weighRow", 5, 3);
  private static MethodHandle weighRowBackward = loop("weighRowBackward", 8, 3);
  private static MethodHandle moveRow = loop("moveRow", 3, 3);

  private static MethodHandle loop(String name, int places, int counts) {
    Class<?>[] parameters = new Class<?>[1 + places + counts];
    parameters[0] = MemorySegment.class;
    Arrays.fill(parameters, 1, 1 + places, long.class);
    Arrays.fill(parameters, 1 + places, parameters.length, int.class);
    return AloneCpu.loop(MethodHandles.lookup(), name, parameters);
  }

  private static FloatVector load(MemorySegment memory, long at) {
    return FloatVector.fromMemorySegment(FLOATS, memory, at, ORDER);
  }

  private long at(Line line) {
    return layout.line(head, line);
  }

  /** Fills the decays from and to the ends of a chunk. */
  void fill(int count) {
    long sums = at(Line.SUM);
    long rests = at(Line.SUM_REST);
    try {
      fillFromBegin.invokeExact(scratch, sums, rests, at(Line.FROM_BEGIN), count);
      fillToEnd.invokeExact(scratch, sums, rests, at(Line.TO_END), count);
    } catch (Throwable t) {
      throw AloneCpu.unexpected(t);
    }
  }

  /**
   * Puts out scores of one row times decays and step sizes. What the row does not see must be zero
   * among the scores.
   *
   * @param from first column, at a whole vector, like {@code to}
   * @param t the row's own column
   */
  void weigh(long scores, long out, int from, int to, int t) {
    try {
      weighRow.invokeExact(
          scratch, scores, out, at(Line.SUM), at(Line.SUM_REST), at(Line.DELTA), from, to, t);
    } catch (Throwable thrown) {
      throw AloneCpu.unexpected(thrown);
    }
  }

  /**
   * The same in the backward pass. With E the decays and K = gradient∘scores∘E, the gradient of the
   * weights becomes the weights, K is added to the gradient of Δ, K∘Δ to that of sums of Δ·A, and
   * what follows for the scores to their gradient.
   */
  void weighBackward(long scores, long gradients, long gradScores, int from, int to, int t) {
    try {
      weighRowBackward.invokeExact(
          scratch,
          scores,
          gradients,
          gradScores,
          at(Line.SUM),
          at(Line.SUM_REST),
          at(Line.DELTA),
          at(Line.GRAD_DELTA),
          layout.products,
          from,
          to,
          t);
      moveRow.invokeExact(
          scratch, layout.products, layout.gradSum(head), layout.lanes, from, to, t);
    } catch (Throwable thrown) {
      throw AloneCpu.unexpected(thrown);
    }
  }

  /** 2^sum of each position. */
  static void fillFromBegin(MemorySegment s, long sums, long rests, long out, int count) {
    for (int i = 0; i < SsdRowsCpu.roundUp(count); i += LANES) {
      FloatVector sum = load(s, sums + 4L * i).add(load(s, rests + 4L * i));
      VectorExpCpu.exp2(sum, ONE).intoMemorySegment(s, out + 4L * i, ORDER);
    }
  }

  /** 2^(last sum − sum of each position). */
  static void fillToEnd(MemorySegment s, long sums, long rests, long out, int count) {
    FloatVector last = FloatVector.broadcast(FLOATS, s.get(JAVA_FLOAT, sums + 4L * (count - 1)));
    FloatVector lastRest =
        FloatVector.broadcast(FLOATS, s.get(JAVA_FLOAT, rests + 4L * (count - 1)));
    for (int i = 0; i < SsdRowsCpu.roundUp(count); i += LANES) {
      decay(s, last, lastRest, sums + 4L * i, rests + 4L * i)
          .intoMemorySegment(s, out + 4L * i, ORDER);
    }
  }

  /** 2^(sum − sums of positions): differences are formed before they are exponents. */
  private static FloatVector decay(
      MemorySegment s, FloatVector sum, FloatVector rest, long sums, long rests) {
    FloatVector difference = sum.sub(load(s, sums));
    FloatVector exponent = difference.add(rest.sub(load(s, rests))).min(ZERO);
    return VectorExpCpu.exp2(exponent, ONE);
  }

  /** Exponents are bounded where the row does not see a position. */
  static void weighRow(
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
      FloatVector scale = decay(s, sum, rest, sums + at, rests + at).mul(load(s, deltas + at));
      load(s, scores + at).mul(scale).intoMemorySegment(s, out + at, ORDER);
    }
  }

  static void weighRowBackward(
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
      FloatVector decay = decay(s, sum, rest, sums + at, rests + at);
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
  static void moveRow(
      MemorySegment s, long row, long doubles, long lanes, int from, int to, int t) {
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
}
