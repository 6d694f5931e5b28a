package io.colubrid.engine.cpu;

import static io.colubrid.engine.cpu.OffHeap.ALL;
import static io.colubrid.engine.cpu.OffHeap.ORDER;
import static io.colubrid.engine.cpu.VectorMath.SPECIES;
import static jdk.incubator.vector.VectorOperators.MAX;

import jdk.incubator.vector.FloatVector;

/**
 * Single precision with the Vector API. Loops name its methods and no short cuts of ours: past a
 * certain size of a compilation the compiler still inlines the former, but refuses any method of
 * ours, and a vector that passes through a call is allocated on the heap. Each loop runs over whole
 * vectors; what is left over goes to the same loop in plain Java, which rounds the same way element
 * by element.
 */
final class VectorArithmetic extends FloatArithmetic {

  private static final int LANES = SPECIES.length();
  private static final long STEP = SPECIES.vectorByteSize();
  private static final long STEP2 = 2 * STEP;
  private static final long STEP3 = 3 * STEP;
  private static final long STEP4 = 4 * STEP;

  VectorArithmetic() {
    super(VectorTile.ROWS, VectorTile.COLUMNS);
  }

  @Override
  public String name() {
    return "f32, vectors of " + SPECIES.vectorBitSize() + " bits";
  }

  /** Bytes of the whole vectors among n elements. */
  private static long whole(long n) {
    return n / LANES * STEP;
  }

  /** Elements after the whole vectors. */
  private static long rest(long n) {
    return n % LANES;
  }

  @Override
  void unary(UnaryOp op, long x, long out, long n) {
    long done = whole(n);
    VectorUnary.apply(op, x, out, done);
    super.unary(op, x + done, out + done, rest(n));
  }

  @Override
  void unaryGradient(UnaryOp op, long x, long gradOut, long gradIn, long n) {
    long done = whole(n);
    VectorUnaryGradient.apply(op, x, gradOut, gradIn, done);
    super.unaryGradient(op, x + done, gradOut + done, gradIn + done, rest(n));
  }

  @Override
  void binary(BinaryOp op, long a, long b, long out, long n) {
    long done = whole(n);
    VectorBinary.apply(op, a, b, out, done);
    super.binary(op, a + done, b + done, out + done, rest(n));
  }

  @Override
  void binaryScalar(BinaryOp op, long a, double b, long out, long n) {
    long done = whole(n);
    VectorBinary.applyScalar(op, a, (float) b, out, done);
    super.binaryScalar(op, a + done, b, out + done, rest(n));
  }

  @Override
  void fill(double value, long out, long n) {
    FloatVector v = FloatVector.broadcast(SPECIES, (float) value);
    long done = whole(n);
    for (long i = 0; i < done; i += STEP) {
      v.intoMemorySegment(ALL, out + i, ORDER);
    }
    super.fill(value, out + done, rest(n));
  }

  @Override
  void scaleShift(long x, double scale, double shift, long out, long n) {
    FloatVector s = FloatVector.broadcast(SPECIES, (float) scale);
    FloatVector t = FloatVector.broadcast(SPECIES, (float) shift);
    long done = whole(n);
    for (long i = 0; i < done; i += STEP) {
      FloatVector.fromMemorySegment(SPECIES, ALL, x + i, ORDER)
          .fma(s, t)
          .intoMemorySegment(ALL, out + i, ORDER);
    }
    super.scaleShift(x + done, scale, shift, out + done, rest(n));
  }

  @Override
  void axpy(double alpha, long x, long y, long n) {
    FloatVector s = FloatVector.broadcast(SPECIES, (float) alpha);
    long done = whole(n);
    for (long i = 0; i < done; i += STEP) {
      FloatVector.fromMemorySegment(SPECIES, ALL, x + i, ORDER)
          .fma(s, FloatVector.fromMemorySegment(SPECIES, ALL, y + i, ORDER))
          .intoMemorySegment(ALL, y + i, ORDER);
    }
    super.axpy(alpha, x + done, y + done, rest(n));
  }

  @Override
  void multiplyShifted(long a, long b, double shift, long out, long n) {
    FloatVector t = FloatVector.broadcast(SPECIES, (float) shift);
    long done = whole(n);
    for (long i = 0; i < done; i += STEP) {
      FloatVector.fromMemorySegment(SPECIES, ALL, a + i, ORDER)
          .mul(FloatVector.fromMemorySegment(SPECIES, ALL, b + i, ORDER).sub(t))
          .intoMemorySegment(ALL, out + i, ORDER);
    }
    super.multiplyShifted(a + done, b + done, shift, out + done, rest(n));
  }

  @Override
  double sum(long x, long n) {
    long done = whole(n);
    FloatVector s0 = FloatVector.broadcast(SPECIES, 0);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    long i = 0;
    for (; i <= done - STEP4; i += STEP4) {
      s0 = s0.add(FloatVector.fromMemorySegment(SPECIES, ALL, x + i, ORDER));
      s1 = s1.add(FloatVector.fromMemorySegment(SPECIES, ALL, x + i + STEP, ORDER));
      s2 = s2.add(FloatVector.fromMemorySegment(SPECIES, ALL, x + i + STEP2, ORDER));
      s3 = s3.add(FloatVector.fromMemorySegment(SPECIES, ALL, x + i + STEP3, ORDER));
    }
    for (; i < done; i += STEP) {
      s0 = s0.add(FloatVector.fromMemorySegment(SPECIES, ALL, x + i, ORDER));
    }
    return LaneSum.of(s0.add(s1).add(s2.add(s3))) + super.sum(x + done, rest(n));
  }

  @Override
  double max(long x, long n) {
    long done = whole(n);
    FloatVector m0 = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    FloatVector m1 = m0;
    long i = 0;
    for (; i <= done - STEP2; i += STEP2) {
      m0 = m0.max(FloatVector.fromMemorySegment(SPECIES, ALL, x + i, ORDER));
      m1 = m1.max(FloatVector.fromMemorySegment(SPECIES, ALL, x + i + STEP, ORDER));
    }
    for (; i < done; i += STEP) {
      m0 = m0.max(FloatVector.fromMemorySegment(SPECIES, ALL, x + i, ORDER));
    }
    return Math.max(m0.max(m1).reduceLanes(MAX), super.max(x + done, rest(n)));
  }

  @Override
  double dot(long a, long b, long n) {
    long done = whole(n);
    FloatVector s0 = FloatVector.broadcast(SPECIES, 0);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    long i = 0;
    for (; i <= done - STEP4; i += STEP4) {
      s0 =
          FloatVector.fromMemorySegment(SPECIES, ALL, a + i, ORDER)
              .fma(FloatVector.fromMemorySegment(SPECIES, ALL, b + i, ORDER), s0);
      s1 =
          FloatVector.fromMemorySegment(SPECIES, ALL, a + i + STEP, ORDER)
              .fma(FloatVector.fromMemorySegment(SPECIES, ALL, b + i + STEP, ORDER), s1);
      s2 =
          FloatVector.fromMemorySegment(SPECIES, ALL, a + i + STEP2, ORDER)
              .fma(FloatVector.fromMemorySegment(SPECIES, ALL, b + i + STEP2, ORDER), s2);
      s3 =
          FloatVector.fromMemorySegment(SPECIES, ALL, a + i + STEP3, ORDER)
              .fma(FloatVector.fromMemorySegment(SPECIES, ALL, b + i + STEP3, ORDER), s3);
    }
    for (; i < done; i += STEP) {
      s0 =
          FloatVector.fromMemorySegment(SPECIES, ALL, a + i, ORDER)
              .fma(FloatVector.fromMemorySegment(SPECIES, ALL, b + i, ORDER), s0);
    }
    return LaneSum.of(s0.add(s1).add(s2.add(s3))) + super.dot(a + done, b + done, rest(n));
  }

  @Override
  double sumSquares(long x, double shift, long n) {
    FloatVector t = FloatVector.broadcast(SPECIES, (float) shift);
    long done = whole(n);
    FloatVector s0 = FloatVector.broadcast(SPECIES, 0);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    long i = 0;
    for (; i <= done - STEP4; i += STEP4) {
      FloatVector d0 = FloatVector.fromMemorySegment(SPECIES, ALL, x + i, ORDER).sub(t);
      FloatVector d1 = FloatVector.fromMemorySegment(SPECIES, ALL, x + i + STEP, ORDER).sub(t);
      FloatVector d2 = FloatVector.fromMemorySegment(SPECIES, ALL, x + i + STEP2, ORDER).sub(t);
      FloatVector d3 = FloatVector.fromMemorySegment(SPECIES, ALL, x + i + STEP3, ORDER).sub(t);
      s0 = d0.fma(d0, s0);
      s1 = d1.fma(d1, s1);
      s2 = d2.fma(d2, s2);
      s3 = d3.fma(d3, s3);
    }
    for (; i < done; i += STEP) {
      FloatVector d0 = FloatVector.fromMemorySegment(SPECIES, ALL, x + i, ORDER).sub(t);
      s0 = d0.fma(d0, s0);
    }
    return LaneSum.of(s0.add(s1).add(s2.add(s3))) + super.sumSquares(x + done, shift, rest(n));
  }

  @Override
  double dot3Shifted(long a, long b, long c, double shift, long n) {
    FloatVector t = FloatVector.broadcast(SPECIES, (float) shift);
    long done = whole(n);
    FloatVector s0 = FloatVector.broadcast(SPECIES, 0);
    FloatVector s1 = s0;
    long i = 0;
    for (; i <= done - STEP2; i += STEP2) {
      s0 =
          FloatVector.fromMemorySegment(SPECIES, ALL, a + i, ORDER)
              .mul(FloatVector.fromMemorySegment(SPECIES, ALL, b + i, ORDER))
              .fma(FloatVector.fromMemorySegment(SPECIES, ALL, c + i, ORDER).sub(t), s0);
      s1 =
          FloatVector.fromMemorySegment(SPECIES, ALL, a + i + STEP, ORDER)
              .mul(FloatVector.fromMemorySegment(SPECIES, ALL, b + i + STEP, ORDER))
              .fma(FloatVector.fromMemorySegment(SPECIES, ALL, c + i + STEP, ORDER).sub(t), s1);
    }
    for (; i < done; i += STEP) {
      s0 =
          FloatVector.fromMemorySegment(SPECIES, ALL, a + i, ORDER)
              .mul(FloatVector.fromMemorySegment(SPECIES, ALL, b + i, ORDER))
              .fma(FloatVector.fromMemorySegment(SPECIES, ALL, c + i, ORDER).sub(t), s0);
    }
    return LaneSum.of(s0.add(s1)) + super.dot3Shifted(a + done, b + done, c + done, shift, rest(n));
  }

  @Override
  double expSum(long x, double shift, long out, long n) {
    long done = whole(n);
    return VectorExp.expSum(x, (float) shift, out, done)
        + super.expSum(x + done, shift, out + done, rest(n));
  }

  @Override
  double sumExp(long x, double shift, long n) {
    long done = whole(n);
    return VectorExp.sumExp(x, (float) shift, done) + super.sumExp(x + done, shift, rest(n));
  }

  @Override
  void expScaled(long x, double shift, double scale, double offset, long out, long n) {
    long done = whole(n);
    VectorExp.expScaled(x, (float) shift, (float) scale, (float) offset, out, done);
    super.expScaled(x + done, shift, scale, offset, out + done, rest(n));
  }

  @Override
  void normalize(long x, double mean, double scale, long weight, long bias, long out, long n) {
    FloatVector t = FloatVector.broadcast(SPECIES, (float) mean);
    FloatVector s = FloatVector.broadcast(SPECIES, (float) scale);
    long done = whole(n);
    for (long i = 0; i < done; i += STEP) {
      FloatVector.fromMemorySegment(SPECIES, ALL, x + i, ORDER)
          .sub(t)
          .mul(s)
          .fma(
              FloatVector.fromMemorySegment(SPECIES, ALL, weight + i, ORDER),
              FloatVector.fromMemorySegment(SPECIES, ALL, bias + i, ORDER))
          .intoMemorySegment(ALL, out + i, ORDER);
    }
    super.normalize(x + done, mean, scale, weight + done, bias + done, out + done, rest(n));
  }

  @Override
  void normalizeGradient(
      long g,
      long weight,
      long x,
      double mean,
      double scale,
      double c1,
      double c2,
      long out,
      long n) {
    FloatVector t = FloatVector.broadcast(SPECIES, (float) mean);
    FloatVector s = FloatVector.broadcast(SPECIES, (float) scale);
    FloatVector m1 = FloatVector.broadcast(SPECIES, (float) c1).neg();
    FloatVector m2 = FloatVector.broadcast(SPECIES, (float) c2);
    long done = whole(n);
    for (long i = 0; i < done; i += STEP) {
      FloatVector centred =
          t.sub(FloatVector.fromMemorySegment(SPECIES, ALL, x + i, ORDER)).fma(m2, m1);
      FloatVector.fromMemorySegment(SPECIES, ALL, g + i, ORDER)
          .fma(FloatVector.fromMemorySegment(SPECIES, ALL, weight + i, ORDER), centred)
          .mul(s)
          .intoMemorySegment(ALL, out + i, ORDER);
    }
    super.normalizeGradient(
        g + done, weight + done, x + done, mean, scale, c1, c2, out + done, rest(n));
  }

  @Override
  void accumulateNormalized(long x, double mean, double scale, long g, long out, long n) {
    FloatVector t = FloatVector.broadcast(SPECIES, (float) mean);
    FloatVector s = FloatVector.broadcast(SPECIES, (float) scale);
    long done = whole(n);
    for (long i = 0; i < done; i += STEP) {
      FloatVector.fromMemorySegment(SPECIES, ALL, x + i, ORDER)
          .sub(t)
          .mul(s)
          .fma(
              FloatVector.fromMemorySegment(SPECIES, ALL, g + i, ORDER),
              FloatVector.fromMemorySegment(SPECIES, ALL, out + i, ORDER))
          .intoMemorySegment(ALL, out + i, ORDER);
    }
    super.accumulateNormalized(x + done, mean, scale, g + done, out + done, rest(n));
  }

  @Override
  void fromBf16(long x, long out, long n) {
    long done = n - rest(n);
    VectorBf16.widen(x, out, done);
    super.fromBf16(x + done * Short.BYTES, out + done * Float.BYTES, n - done);
  }

  @Override
  void toBf16(long x, long out, long n) {
    long done = n - rest(n);
    VectorBf16.narrow(x, out, done);
    super.toBf16(x + done * Float.BYTES, out + done * Short.BYTES, n - done);
  }

  @Override
  double dotBf16(long w, long x, long n) {
    long done = n - rest(n);
    return VectorBf16.dot(w, x, done)
        + super.dotBf16(w + done * Short.BYTES, x + done * Float.BYTES, n - done);
  }

  @Override
  void dot4(
      long a, long aStride, long b, long n, double alpha, double beta, long out, long outStride) {
    long done = whole(n);
    long a1 = a + aStride * Float.BYTES;
    long a2 = a1 + aStride * Float.BYTES;
    long a3 = a2 + aStride * Float.BYTES;
    FloatVector s0 = FloatVector.broadcast(SPECIES, 0);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    for (long i = 0; i < done; i += STEP) {
      FloatVector right = FloatVector.fromMemorySegment(SPECIES, ALL, b + i, ORDER);
      s0 = right.fma(FloatVector.fromMemorySegment(SPECIES, ALL, a + i, ORDER), s0);
      s1 = right.fma(FloatVector.fromMemorySegment(SPECIES, ALL, a1 + i, ORDER), s1);
      s2 = right.fma(FloatVector.fromMemorySegment(SPECIES, ALL, a2 + i, ORDER), s2);
      s3 = right.fma(FloatVector.fromMemorySegment(SPECIES, ALL, a3 + i, ORDER), s3);
    }
    long step = outStride * Float.BYTES;
    long left = rest(n);
    long tail = b + done;
    store(alpha * (LaneSum.of(s0) + super.dot(a + done, tail, left)), beta, out);
    store(alpha * (LaneSum.of(s1) + super.dot(a1 + done, tail, left)), beta, out + step);
    store(alpha * (LaneSum.of(s2) + super.dot(a2 + done, tail, left)), beta, out + 2 * step);
    store(alpha * (LaneSum.of(s3) + super.dot(a3 + done, tail, left)), beta, out + 3 * step);
  }

  @Override
  void tile(long a, long b, int k, long out) {
    VectorTile.run(a, b, k, out);
  }
}
