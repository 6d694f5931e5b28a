package io.colubrid.engine.cpu;

import static io.colubrid.engine.cpu.VectorMath.SPECIES;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.MAX;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/**
 * Single precision with the Vector API. Each loop runs over whole vectors; what is left over goes
 * to the same loop in plain Java, which rounds the same way element by element.
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

  private static FloatVector load(long address) {
    return FloatVector.fromMemorySegment(SPECIES, OffHeap.ALL, address, ByteOrder.nativeOrder());
  }

  private static void store(FloatVector v, long address) {
    v.intoMemorySegment(OffHeap.ALL, address, ByteOrder.nativeOrder());
  }

  private static FloatVector all(double value) {
    return FloatVector.broadcast(SPECIES, (float) value);
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
    FloatVector v = all(value);
    long done = whole(n);
    for (long i = 0; i < done; i += STEP) {
      store(v, out + i);
    }
    super.fill(value, out + done, rest(n));
  }

  @Override
  void scaleShift(long x, double scale, double shift, long out, long n) {
    FloatVector s = all(scale);
    FloatVector t = all(shift);
    long done = whole(n);
    for (long i = 0; i < done; i += STEP) {
      store(load(x + i).fma(s, t), out + i);
    }
    super.scaleShift(x + done, scale, shift, out + done, rest(n));
  }

  @Override
  void axpy(double alpha, long x, long y, long n) {
    FloatVector s = all(alpha);
    long done = whole(n);
    for (long i = 0; i < done; i += STEP) {
      store(load(x + i).fma(s, load(y + i)), y + i);
    }
    super.axpy(alpha, x + done, y + done, rest(n));
  }

  @Override
  void multiplyAccumulate(double scale, long a, long b, long out, long n) {
    FloatVector s = all(scale);
    long done = whole(n);
    for (long i = 0; i < done; i += STEP) {
      store(load(a + i).mul(s).fma(load(b + i), load(out + i)), out + i);
    }
    super.multiplyAccumulate(scale, a + done, b + done, out + done, rest(n));
  }

  @Override
  void multiplyScaled(double scale, long a, long b, long out, long n) {
    FloatVector s = all(scale);
    long done = whole(n);
    for (long i = 0; i < done; i += STEP) {
      store(load(a + i).mul(s).mul(load(b + i)), out + i);
    }
    super.multiplyScaled(scale, a + done, b + done, out + done, rest(n));
  }

  @Override
  void multiplyShifted(long a, long b, double shift, long out, long n) {
    FloatVector t = all(shift);
    long done = whole(n);
    for (long i = 0; i < done; i += STEP) {
      store(load(a + i).mul(load(b + i).sub(t)), out + i);
    }
    super.multiplyShifted(a + done, b + done, shift, out + done, rest(n));
  }

  @Override
  void multiplyScaledMinus(double scale, long a, long b, double factor, long c, long out, long n) {
    FloatVector s = all(scale);
    FloatVector f = all(factor);
    long done = whole(n);
    for (long i = 0; i < done; i += STEP) {
      FloatVector minus = load(c + i).neg().mul(f);
      store(load(a + i).mul(s).fma(load(b + i), minus), out + i);
    }
    super.multiplyScaledMinus(scale, a + done, b + done, factor, c + done, out + done, rest(n));
  }

  @Override
  double sum(long x, long n) {
    long done = whole(n);
    FloatVector s0 = all(0);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    long i = 0;
    for (; i <= done - STEP4; i += STEP4) {
      s0 = s0.add(load(x + i));
      s1 = s1.add(load(x + i + STEP));
      s2 = s2.add(load(x + i + STEP2));
      s3 = s3.add(load(x + i + STEP3));
    }
    for (; i < done; i += STEP) {
      s0 = s0.add(load(x + i));
    }
    return total(s0, s1, s2, s3) + super.sum(x + done, rest(n));
  }

  private static double total(FloatVector a, FloatVector b, FloatVector c, FloatVector d) {
    return a.add(b).add(c.add(d)).reduceLanes(ADD);
  }

  @Override
  double max(long x, long n) {
    long done = whole(n);
    FloatVector m0 = all(Float.NEGATIVE_INFINITY);
    FloatVector m1 = m0;
    long i = 0;
    for (; i <= done - STEP2; i += STEP2) {
      m0 = m0.max(load(x + i));
      m1 = m1.max(load(x + i + STEP));
    }
    for (; i < done; i += STEP) {
      m0 = m0.max(load(x + i));
    }
    return Math.max(m0.max(m1).reduceLanes(MAX), super.max(x + done, rest(n)));
  }

  @Override
  double dot(long a, long b, long n) {
    long done = whole(n);
    FloatVector s0 = all(0);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    long i = 0;
    for (; i <= done - STEP4; i += STEP4) {
      s0 = load(a + i).fma(load(b + i), s0);
      s1 = load(a + i + STEP).fma(load(b + i + STEP), s1);
      s2 = load(a + i + STEP2).fma(load(b + i + STEP2), s2);
      s3 = load(a + i + STEP3).fma(load(b + i + STEP3), s3);
    }
    for (; i < done; i += STEP) {
      s0 = load(a + i).fma(load(b + i), s0);
    }
    return total(s0, s1, s2, s3) + super.dot(a + done, b + done, rest(n));
  }

  @Override
  double dot3(long a, long b, long c, long n) {
    long done = whole(n);
    FloatVector s0 = all(0);
    FloatVector s1 = s0;
    long i = 0;
    for (; i <= done - STEP2; i += STEP2) {
      s0 = load(a + i).mul(load(b + i)).fma(load(c + i), s0);
      s1 = load(a + i + STEP).mul(load(b + i + STEP)).fma(load(c + i + STEP), s1);
    }
    for (; i < done; i += STEP) {
      s0 = load(a + i).mul(load(b + i)).fma(load(c + i), s0);
    }
    return s0.add(s1).reduceLanes(ADD) + super.dot3(a + done, b + done, c + done, rest(n));
  }

  @Override
  double sumSquares(long x, double shift, long n) {
    FloatVector t = all(shift);
    long done = whole(n);
    FloatVector s0 = all(0);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    long i = 0;
    for (; i <= done - STEP4; i += STEP4) {
      FloatVector d0 = load(x + i).sub(t);
      FloatVector d1 = load(x + i + STEP).sub(t);
      FloatVector d2 = load(x + i + STEP2).sub(t);
      FloatVector d3 = load(x + i + STEP3).sub(t);
      s0 = d0.fma(d0, s0);
      s1 = d1.fma(d1, s1);
      s2 = d2.fma(d2, s2);
      s3 = d3.fma(d3, s3);
    }
    for (; i < done; i += STEP) {
      FloatVector d0 = load(x + i).sub(t);
      s0 = d0.fma(d0, s0);
    }
    return total(s0, s1, s2, s3) + super.sumSquares(x + done, shift, rest(n));
  }

  @Override
  double dot3Shifted(long a, long b, long c, double shift, long n) {
    FloatVector t = all(shift);
    long done = whole(n);
    FloatVector s0 = all(0);
    FloatVector s1 = s0;
    long i = 0;
    for (; i <= done - STEP2; i += STEP2) {
      s0 = load(a + i).mul(load(b + i)).fma(load(c + i).sub(t), s0);
      s1 = load(a + i + STEP).mul(load(b + i + STEP)).fma(load(c + i + STEP).sub(t), s1);
    }
    for (; i < done; i += STEP) {
      s0 = load(a + i).mul(load(b + i)).fma(load(c + i).sub(t), s0);
    }
    return s0.add(s1).reduceLanes(ADD)
        + super.dot3Shifted(a + done, b + done, c + done, shift, rest(n));
  }

  @Override
  double expSum(long x, double shift, long out, long n) {
    FloatVector t = all(shift);
    long done = whole(n);
    FloatVector sum = all(0);
    for (long i = 0; i < done; i += STEP) {
      FloatVector e = VectorMath.exp(load(x + i).sub(t));
      store(e, out + i);
      sum = sum.add(e);
    }
    return sum.reduceLanes(ADD) + super.expSum(x + done, shift, out + done, rest(n));
  }

  @Override
  double sumExp(long x, double shift, long n) {
    FloatVector t = all(shift);
    long done = whole(n);
    FloatVector sum = all(0);
    for (long i = 0; i < done; i += STEP) {
      sum = sum.add(VectorMath.exp(load(x + i).sub(t)));
    }
    return sum.reduceLanes(ADD) + super.sumExp(x + done, shift, rest(n));
  }

  @Override
  void expScaled(long x, double shift, double scale, double offset, long out, long n) {
    FloatVector t = all(shift);
    FloatVector s = all(scale);
    FloatVector o = all(offset);
    long done = whole(n);
    for (long i = 0; i < done; i += STEP) {
      store(VectorMath.exp(load(x + i).sub(t)).fma(s, o), out + i);
    }
    super.expScaled(x + done, shift, scale, offset, out + done, rest(n));
  }

  @Override
  void normalize(long x, double mean, double scale, long weight, long bias, long out, long n) {
    FloatVector t = all(mean);
    FloatVector s = all(scale);
    long done = whole(n);
    for (long i = 0; i < done; i += STEP) {
      store(load(x + i).sub(t).mul(s).fma(load(weight + i), load(bias + i)), out + i);
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
    FloatVector t = all(mean);
    FloatVector s = all(scale);
    FloatVector m1 = all(c1).neg();
    FloatVector m2 = all(c2);
    long done = whole(n);
    for (long i = 0; i < done; i += STEP) {
      FloatVector centred = t.sub(load(x + i)).fma(m2, m1);
      store(load(g + i).fma(load(weight + i), centred).mul(s), out + i);
    }
    super.normalizeGradient(
        g + done, weight + done, x + done, mean, scale, c1, c2, out + done, rest(n));
  }

  @Override
  void accumulateNormalized(long x, double mean, double scale, long g, long out, long n) {
    FloatVector t = all(mean);
    FloatVector s = all(scale);
    long done = whole(n);
    for (long i = 0; i < done; i += STEP) {
      store(load(x + i).sub(t).mul(s).fma(load(g + i), load(out + i)), out + i);
    }
    super.accumulateNormalized(x + done, mean, scale, g + done, out + done, rest(n));
  }

  @Override
  void dot4(
      long a, long aStride, long b, long n, double alpha, double beta, long out, long outStride) {
    long done = whole(n);
    long a1 = a + aStride * Float.BYTES;
    long a2 = a1 + aStride * Float.BYTES;
    long a3 = a2 + aStride * Float.BYTES;
    FloatVector s0 = all(0);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    for (long i = 0; i < done; i += STEP) {
      FloatVector right = load(b + i);
      s0 = right.fma(load(a + i), s0);
      s1 = right.fma(load(a1 + i), s1);
      s2 = right.fma(load(a2 + i), s2);
      s3 = right.fma(load(a3 + i), s3);
    }
    long step = outStride * Float.BYTES;
    long left = rest(n);
    long tail = b + done;
    store(alpha * (s0.reduceLanes(ADD) + super.dot(a + done, tail, left)), beta, out);
    store(alpha * (s1.reduceLanes(ADD) + super.dot(a1 + done, tail, left)), beta, out + step);
    store(alpha * (s2.reduceLanes(ADD) + super.dot(a2 + done, tail, left)), beta, out + 2 * step);
    store(alpha * (s3.reduceLanes(ADD) + super.dot(a3 + done, tail, left)), beta, out + 3 * step);
  }

  @Override
  void tile(long a, long b, int k, long out) {
    VectorTile.run(a, b, k, out);
  }
}
