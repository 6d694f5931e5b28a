package io.colubrid.engine.cpu;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.SQRT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * The functions of {@link UnaryOp} on vectors of {@link #SPECIES}, to be inlined into loops; bit
 * for bit what {@link ScalarMath} computes, where the accuracy is stated.
 *
 * <p>A loop should hold one of these calls. The compiler gives up inlining when a method holds more
 * than about two exponentials, and then every vector is allocated on the heap.
 */
public final class VectorMath {

  /** The vectors all kernels use. */
  public static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  // Vectors, not numbers: a broadcast costs the compiler many nodes, of which a method may have
  // few.
  private static final FloatVector ZERO = all(0);
  private static final FloatVector HALF = all(0.5f);
  private static final FloatVector ONE = all(1);
  private static final FloatVector MINUS_ONE = all(-1);
  private static final FloatVector MINUS_HALF = all(-0.5f);
  private static final FloatVector TWO = all(2);
  private static final FloatVector DENORMAL_EXPONENT = all(25);
  private static final FloatVector INFINITY = all(Float.POSITIVE_INFINITY);
  private static final FloatVector MINUS_INFINITY = all(Float.NEGATIVE_INFINITY);
  private static final FloatVector NOT_A_NUMBER = all(Float.NaN);
  private static final FloatVector SMALLEST = all(Float.MIN_VALUE);
  private static final FloatVector SMALLEST_NORMAL = all(Float.MIN_NORMAL);
  private static final FloatVector LARGEST = all(Float.MAX_VALUE);
  private static final FloatVector LOG2_E = all(ScalarMath.LOG2_E);
  private static final FloatVector MINUS_LN2_HIGH = all(-ScalarMath.LN2_HIGH);
  private static final FloatVector MINUS_LN2_LOW = all(-ScalarMath.LN2_LOW);
  private static final FloatVector LN2_HIGH = all(ScalarMath.LN2_HIGH);
  private static final FloatVector LN2_LOW = all(ScalarMath.LN2_LOW);
  private static final FloatVector ROUNDER = all(ScalarMath.ROUNDER);
  private static final FloatVector EXP_OVERFLOW = all(ScalarMath.EXP_OVERFLOW);
  private static final FloatVector EXP_UNDERFLOW = all(ScalarMath.EXP_UNDERFLOW);
  private static final FloatVector EXP2 = all(ScalarMath.EXP2);
  private static final FloatVector EXP3 = all(ScalarMath.EXP3);
  private static final FloatVector EXP4 = all(ScalarMath.EXP4);
  private static final FloatVector EXP5 = all(ScalarMath.EXP5);
  private static final FloatVector EXP6 = all(ScalarMath.EXP6);
  private static final FloatVector EXP7 = all(ScalarMath.EXP7);
  private static final FloatVector DENORMAL_SCALE = all(ScalarMath.DENORMAL_SCALE);
  private static final FloatVector LOG0 = all(ScalarMath.LOG0);
  private static final FloatVector LOG1 = all(ScalarMath.LOG1);
  private static final FloatVector LOG2 = all(ScalarMath.LOG2);
  private static final FloatVector LOG3 = all(ScalarMath.LOG3);
  private static final FloatVector LOG1P0 = all(ScalarMath.LOG1P0);
  private static final FloatVector LOG1P1 = all(ScalarMath.LOG1P1);
  private static final FloatVector LOG1P2 = all(ScalarMath.LOG1P2);
  private static final FloatVector LOG1P3 = all(ScalarMath.LOG1P3);
  private static final FloatVector LOG1P4 = all(ScalarMath.LOG1P4);
  private static final FloatVector TANH_SMALL = all(ScalarMath.TANH_SMALL);
  private static final FloatVector TANH0 = all(ScalarMath.TANH0);
  private static final FloatVector TANH1 = all(ScalarMath.TANH1);
  private static final FloatVector TANH2 = all(ScalarMath.TANH2);
  private static final FloatVector TANH3 = all(ScalarMath.TANH3);
  private static final FloatVector TANH4 = all(ScalarMath.TANH4);
  private static final FloatVector TAIL_SCALE = all(ScalarMath.TAIL_SCALE);
  private static final FloatVector TAIL0 = all(ScalarMath.TAIL0);
  private static final FloatVector TAIL1 = all(ScalarMath.TAIL1);
  private static final FloatVector TAIL2 = all(ScalarMath.TAIL2);
  private static final FloatVector TAIL3 = all(ScalarMath.TAIL3);
  private static final FloatVector TAIL4 = all(ScalarMath.TAIL4);
  private static final FloatVector TAIL5 = all(ScalarMath.TAIL5);
  private static final FloatVector TAIL6 = all(ScalarMath.TAIL6);
  private static final FloatVector TAIL7 = all(ScalarMath.TAIL7);
  private static final FloatVector TAIL8 = all(ScalarMath.TAIL8);
  private static final FloatVector NORMAL_PEAK = all(ScalarMath.NORMAL_PEAK);
  private static final FloatVector GELU_LINEAR = all(ScalarMath.GELU_LINEAR);
  private static final FloatVector GELU_CUBIC = all(ScalarMath.GELU_CUBIC);
  private static final FloatVector GELU_CUBIC_SLOPE = all(3 * ScalarMath.GELU_CUBIC);
  private static final IntVector HALF_SCALE = ints(126 << 23);
  private static final IntVector SQRT_HALF_BITS = ints(ScalarMath.SQRT_HALF_BITS);
  private static final IntVector ROUNDER_BITS = ints(ScalarMath.ROUNDER_BITS);

  private VectorMath() {}

  private static FloatVector all(float value) {
    return FloatVector.broadcast(SPECIES, value);
  }

  private static IntVector ints(int value) {
    return (IntVector) SPECIES.withLanes(int.class).broadcast(value);
  }

  /** exp(x). */
  public static FloatVector exp(FloatVector x) {
    return expBelowOverflow(x).blend(INFINITY, x.compare(GT, EXP_OVERFLOW));
  }

  /** exp(x) for x up to 88.7. */
  static FloatVector expBelowOverflow(FloatVector x) {
    FloatVector rounded = x.fma(LOG2_E, ROUNDER);
    FloatVector n = rounded.sub(ROUNDER);
    FloatVector r = n.fma(MINUS_LN2_LOW, n.fma(MINUS_LN2_HIGH, x));
    FloatVector p = EXP7.fma(r, EXP6).fma(r, EXP5);
    p = p.fma(r, EXP4).fma(r, EXP3).fma(r, EXP2);
    FloatVector e = p.fma(r.mul(r), r).add(ONE);
    FloatVector scale =
        rounded.reinterpretAsInts().lanewise(LSHL, 23).add(HALF_SCALE).reinterpretAsFloats();
    return e.add(e).mul(scale).blend(ZERO, x.compare(LT, EXP_UNDERFLOW));
  }

  /** The natural logarithm. */
  public static FloatVector log(FloatVector x) {
    VectorMask<Float> denormal = x.compare(LT, SMALLEST_NORMAL);
    IntVector bits = x.blend(x.mul(DENORMAL_SCALE), denormal).reinterpretAsInts();
    IntVector exponent = bits.sub(SQRT_HALF_BITS).lanewise(ASHR, 23);
    FloatVector m = bits.sub(exponent.lanewise(LSHL, 23)).reinterpretAsFloats();
    FloatVector n = exponent.add(ROUNDER_BITS).reinterpretAsFloats().sub(ROUNDER);
    n = n.blend(n.sub(DENORMAL_EXPONENT), denormal);
    FloatVector s = m.sub(ONE).div(m.add(ONE));
    FloatVector q = s.mul(s);
    FloatVector p = LOG3.fma(q, LOG2).fma(q, LOG1).fma(q, LOG0);
    FloatVector y = n.fma(LN2_HIGH, n.fma(LN2_LOW, p.fma(q.mul(s), s.add(s))));
    return y.blend(x, x.compare(GT, LARGEST))
        .blend(MINUS_INFINITY, x.compare(LT, SMALLEST))
        .blend(NOT_A_NUMBER, x.compare(GE, ZERO).not());
  }

  /** log(1 + u) for u from 0 to 1. */
  public static FloatVector log1p(FloatVector u) {
    FloatVector s = u.div(u.add(TWO));
    FloatVector q = s.mul(s);
    FloatVector p = LOG1P4.fma(q, LOG1P3).fma(q, LOG1P2);
    p = p.fma(q, LOG1P1).fma(q, LOG1P0);
    return p.fma(q.mul(s), s.add(s));
  }

  /** The hyperbolic tangent. */
  public static FloatVector tanh(FloatVector x) {
    FloatVector q = x.mul(x);
    FloatVector p = TANH4.fma(q, TANH3).fma(q, TANH2);
    p = p.fma(q, TANH1).fma(q, TANH0);
    FloatVector small = p.fma(q.mul(x), x);
    FloatVector a = x.abs();
    FloatVector large = ONE.sub(TWO.div(exp(a.add(a)).add(ONE)));
    large = large.blend(large.neg(), x.compare(LT, ZERO));
    return large.blend(small, a.compare(LT, TANH_SMALL));
  }

  /** 1 / (1 + exp(-x)). */
  public static FloatVector sigmoid(FloatVector x) {
    return ONE.div(exp(x.neg()).add(ONE));
  }

  /** x * sigmoid(x). */
  public static FloatVector silu(FloatVector x) {
    return x.div(exp(x.neg()).add(ONE));
  }

  /** log(1 + exp(x)), without overflow and without loss for negative x. */
  public static FloatVector softplus(FloatVector x) {
    return log1p(expBelowOverflow(x.abs().neg())).add(relu(x));
  }

  static FloatVector relu(FloatVector x) {
    return ZERO.blend(x, x.compare(GT, ZERO));
  }

  /** x * Phi(x), Phi being the distribution function of the standard normal. */
  public static FloatVector gelu(FloatVector x) {
    return x.mul(normal(x, bell(x)));
  }

  /** x * (1 + tanh(sqrt(2 / pi) (x + 0.044715 x³))) / 2. */
  public static FloatVector geluTanh(FloatVector x) {
    return x.div(exp(geluArgument(x).neg()).add(ONE));
  }

  /** The derivative of {@link #tanh}. */
  public static FloatVector tanhGradient(FloatVector x) {
    FloatVector t = tanh(x);
    return t.neg().fma(t, ONE);
  }

  /** The derivative of {@link #sigmoid}. */
  public static FloatVector sigmoidGradient(FloatVector x) {
    FloatVector e = expBelowOverflow(x.abs().neg());
    FloatVector d = e.add(ONE);
    return e.div(d.mul(d));
  }

  /** The derivative of {@link #silu}. */
  public static FloatVector siluGradient(FloatVector x) {
    FloatVector s = sigmoid(x);
    return s.mul(x.fma(ONE.sub(s), ONE));
  }

  /** The derivative of {@link #gelu}. */
  public static FloatVector geluGradient(FloatVector x) {
    FloatVector bell = bell(x);
    return x.mul(NORMAL_PEAK).fma(bell, normal(x, bell));
  }

  /** The derivative of {@link #geluTanh}. */
  public static FloatVector geluTanhGradient(FloatVector x) {
    FloatVector s = sigmoid(geluArgument(x));
    FloatVector slope = x.mul(x).fma(GELU_CUBIC_SLOPE, GELU_LINEAR);
    return s.mul(x.mul(slope).fma(ONE.sub(s), ONE));
  }

  static FloatVector reciprocal(FloatVector x) {
    return ONE.div(x);
  }

  static FloatVector absGradient(FloatVector x) {
    return ZERO.blend(ONE, x.compare(GT, ZERO)).blend(MINUS_ONE, x.compare(LT, ZERO));
  }

  static FloatVector reluGradient(FloatVector x) {
    return ZERO.blend(ONE, x.compare(GT, ZERO));
  }

  static FloatVector sqrtGradient(FloatVector x) {
    return HALF.div(x.lanewise(SQRT));
  }

  static FloatVector reciprocalGradient(FloatVector x) {
    return MINUS_ONE.div(x.mul(x));
  }

  private static FloatVector geluArgument(FloatVector x) {
    return x.mul(x.mul(x).fma(GELU_CUBIC, GELU_LINEAR));
  }

  private static FloatVector bell(FloatVector x) {
    return expBelowOverflow(x.mul(MINUS_HALF).mul(x));
  }

  private static FloatVector normal(FloatVector x, FloatVector bell) {
    FloatVector t = ONE.div(x.abs().fma(TAIL_SCALE, ONE));
    FloatVector p = TAIL8.fma(t, TAIL7).fma(t, TAIL6);
    p = p.fma(t, TAIL5).fma(t, TAIL4).fma(t, TAIL3);
    p = p.fma(t, TAIL2).fma(t, TAIL1).fma(t, TAIL0);
    FloatVector tail = p.mul(t).mul(bell);
    return tail.blend(ONE.sub(tail), x.compare(GT, ZERO));
  }
}
