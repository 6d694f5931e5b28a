package io.colubrid.engine.cpu;

import static io.colubrid.engine.cpu.ScalarMath.DENORMAL_SCALE;
import static io.colubrid.engine.cpu.ScalarMath.EXP2;
import static io.colubrid.engine.cpu.ScalarMath.EXP3;
import static io.colubrid.engine.cpu.ScalarMath.EXP4;
import static io.colubrid.engine.cpu.ScalarMath.EXP5;
import static io.colubrid.engine.cpu.ScalarMath.EXP6;
import static io.colubrid.engine.cpu.ScalarMath.EXP7;
import static io.colubrid.engine.cpu.ScalarMath.EXP_OVERFLOW;
import static io.colubrid.engine.cpu.ScalarMath.EXP_UNDERFLOW;
import static io.colubrid.engine.cpu.ScalarMath.GELU_CUBIC;
import static io.colubrid.engine.cpu.ScalarMath.GELU_LINEAR;
import static io.colubrid.engine.cpu.ScalarMath.LN2_HIGH;
import static io.colubrid.engine.cpu.ScalarMath.LN2_LOW;
import static io.colubrid.engine.cpu.ScalarMath.LOG0;
import static io.colubrid.engine.cpu.ScalarMath.LOG1;
import static io.colubrid.engine.cpu.ScalarMath.LOG1P0;
import static io.colubrid.engine.cpu.ScalarMath.LOG1P1;
import static io.colubrid.engine.cpu.ScalarMath.LOG1P2;
import static io.colubrid.engine.cpu.ScalarMath.LOG1P3;
import static io.colubrid.engine.cpu.ScalarMath.LOG1P4;
import static io.colubrid.engine.cpu.ScalarMath.LOG2;
import static io.colubrid.engine.cpu.ScalarMath.LOG2_E;
import static io.colubrid.engine.cpu.ScalarMath.LOG3;
import static io.colubrid.engine.cpu.ScalarMath.NORMAL_PEAK;
import static io.colubrid.engine.cpu.ScalarMath.ROUNDER;
import static io.colubrid.engine.cpu.ScalarMath.ROUNDER_BITS;
import static io.colubrid.engine.cpu.ScalarMath.SQRT_HALF_BITS;
import static io.colubrid.engine.cpu.ScalarMath.TAIL0;
import static io.colubrid.engine.cpu.ScalarMath.TAIL1;
import static io.colubrid.engine.cpu.ScalarMath.TAIL2;
import static io.colubrid.engine.cpu.ScalarMath.TAIL3;
import static io.colubrid.engine.cpu.ScalarMath.TAIL4;
import static io.colubrid.engine.cpu.ScalarMath.TAIL5;
import static io.colubrid.engine.cpu.ScalarMath.TAIL6;
import static io.colubrid.engine.cpu.ScalarMath.TAIL7;
import static io.colubrid.engine.cpu.ScalarMath.TAIL8;
import static io.colubrid.engine.cpu.ScalarMath.TAIL_SCALE;
import static io.colubrid.engine.cpu.ScalarMath.TANH0;
import static io.colubrid.engine.cpu.ScalarMath.TANH1;
import static io.colubrid.engine.cpu.ScalarMath.TANH2;
import static io.colubrid.engine.cpu.ScalarMath.TANH3;
import static io.colubrid.engine.cpu.ScalarMath.TANH4;
import static io.colubrid.engine.cpu.ScalarMath.TANH_SMALL;
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

  private VectorMath() {}

  private static FloatVector all(float value) {
    return FloatVector.broadcast(SPECIES, value);
  }

  private static FloatVector fma(FloatVector a, FloatVector b, float c) {
    return a.fma(b, all(c));
  }

  /** exp(x). */
  public static FloatVector exp(FloatVector x) {
    FloatVector rounded = x.fma(all(LOG2_E), all(ROUNDER));
    FloatVector n = rounded.sub(ROUNDER);
    FloatVector r = n.fma(all(-LN2_LOW), n.fma(all(-LN2_HIGH), x));
    FloatVector p = fma(fma(all(EXP7), r, EXP6), r, EXP5);
    p = fma(fma(fma(p, r, EXP4), r, EXP3), r, EXP2);
    FloatVector e = p.fma(r.mul(r), r).add(1);
    FloatVector scale =
        rounded.reinterpretAsInts().lanewise(LSHL, 23).add(126 << 23).reinterpretAsFloats();
    return e.add(e)
        .mul(scale)
        .blend(0, x.compare(LT, EXP_UNDERFLOW))
        .blend(Float.POSITIVE_INFINITY, x.compare(GT, EXP_OVERFLOW));
  }

  /** The natural logarithm. */
  public static FloatVector log(FloatVector x) {
    VectorMask<Float> denormal = x.compare(LT, Float.MIN_NORMAL);
    IntVector bits = x.blend(x.mul(DENORMAL_SCALE), denormal).reinterpretAsInts();
    IntVector exponent = bits.sub(SQRT_HALF_BITS).lanewise(ASHR, 23);
    FloatVector m = bits.sub(exponent.lanewise(LSHL, 23)).reinterpretAsFloats();
    FloatVector n = exponent.add(ROUNDER_BITS).reinterpretAsFloats().sub(ROUNDER);
    n = n.blend(n.sub(25), denormal);
    FloatVector s = m.sub(1).div(m.add(1));
    FloatVector q = s.mul(s);
    FloatVector p = fma(fma(fma(all(LOG3), q, LOG2), q, LOG1), q, LOG0);
    FloatVector y = n.fma(all(LN2_HIGH), n.fma(all(LN2_LOW), p.fma(q.mul(s), s.add(s))));
    return y.blend(x, x.compare(GT, Float.MAX_VALUE))
        .blend(Float.NEGATIVE_INFINITY, x.compare(LT, Float.MIN_VALUE))
        .blend(Float.NaN, x.compare(GE, 0).not());
  }

  /** log(1 + u) for u from 0 to 1. */
  public static FloatVector log1p(FloatVector u) {
    FloatVector s = u.div(u.add(2));
    FloatVector q = s.mul(s);
    FloatVector p = fma(fma(all(LOG1P4), q, LOG1P3), q, LOG1P2);
    p = fma(fma(p, q, LOG1P1), q, LOG1P0);
    return p.fma(q.mul(s), s.add(s));
  }

  /** The hyperbolic tangent. */
  public static FloatVector tanh(FloatVector x) {
    FloatVector q = x.mul(x);
    FloatVector p = fma(fma(all(TANH4), q, TANH3), q, TANH2);
    p = fma(fma(p, q, TANH1), q, TANH0);
    FloatVector small = p.fma(q.mul(x), x);
    FloatVector a = x.abs();
    FloatVector large = all(1).sub(all(2).div(exp(a.add(a)).add(1)));
    large = large.blend(large.neg(), x.compare(LT, 0));
    return large.blend(small, a.compare(LT, TANH_SMALL));
  }

  /** 1 / (1 + exp(-x)). */
  public static FloatVector sigmoid(FloatVector x) {
    return all(1).div(exp(x.neg()).add(1));
  }

  /** x * sigmoid(x). */
  public static FloatVector silu(FloatVector x) {
    return x.div(exp(x.neg()).add(1));
  }

  /** log(1 + exp(x)), without overflow and without loss for negative x. */
  public static FloatVector softplus(FloatVector x) {
    return log1p(exp(x.abs().neg())).add(relu(x));
  }

  static FloatVector relu(FloatVector x) {
    return all(0).blend(x, x.compare(GT, 0));
  }

  /** x * Phi(x), Phi being the distribution function of the standard normal. */
  public static FloatVector gelu(FloatVector x) {
    return x.mul(normal(x, bell(x)));
  }

  /** x * (1 + tanh(sqrt(2 / pi) (x + 0.044715 x³))) / 2. */
  public static FloatVector geluTanh(FloatVector x) {
    return x.div(exp(geluArgument(x).neg()).add(1));
  }

  /** The derivative of {@link #tanh}. */
  public static FloatVector tanhGradient(FloatVector x) {
    FloatVector t = tanh(x);
    return t.neg().fma(t, all(1));
  }

  /** The derivative of {@link #sigmoid}. */
  public static FloatVector sigmoidGradient(FloatVector x) {
    FloatVector e = exp(x.abs().neg());
    FloatVector d = e.add(1);
    return e.div(d.mul(d));
  }

  /** The derivative of {@link #silu}. */
  public static FloatVector siluGradient(FloatVector x) {
    FloatVector s = sigmoid(x);
    return s.mul(x.fma(all(1).sub(s), all(1)));
  }

  /** The derivative of {@link #gelu}. */
  public static FloatVector geluGradient(FloatVector x) {
    FloatVector bell = bell(x);
    return x.mul(NORMAL_PEAK).fma(bell, normal(x, bell));
  }

  /** The derivative of {@link #geluTanh}. */
  public static FloatVector geluTanhGradient(FloatVector x) {
    FloatVector s = sigmoid(geluArgument(x));
    FloatVector slope = x.mul(x).fma(all(3 * GELU_CUBIC), all(GELU_LINEAR));
    return s.mul(x.mul(slope).fma(all(1).sub(s), all(1)));
  }

  static FloatVector absGradient(FloatVector x) {
    return all(0).blend(1, x.compare(GT, 0)).blend(-1, x.compare(LT, 0));
  }

  static FloatVector reluGradient(FloatVector x) {
    return all(0).blend(1, x.compare(GT, 0));
  }

  static FloatVector sqrtGradient(FloatVector x) {
    return all(0.5f).div(x.lanewise(SQRT));
  }

  static FloatVector reciprocalGradient(FloatVector x) {
    return all(-1).div(x.mul(x));
  }

  private static FloatVector geluArgument(FloatVector x) {
    return x.mul(fma(x.mul(x), all(GELU_CUBIC), GELU_LINEAR));
  }

  private static FloatVector bell(FloatVector x) {
    FloatVector half = x.mul(0.5f);
    FloatVector h = half.mul(x);
    FloatVector error = half.fma(x, h.neg());
    FloatVector e = exp(h.neg());
    return e.neg().fma(error, e);
  }

  private static FloatVector normal(FloatVector x, FloatVector bell) {
    FloatVector t = all(1).div(fma(x.abs(), all(TAIL_SCALE), 1));
    FloatVector p = fma(fma(all(TAIL8), t, TAIL7), t, TAIL6);
    p = fma(fma(fma(p, t, TAIL5), t, TAIL4), t, TAIL3);
    p = fma(fma(fma(p, t, TAIL2), t, TAIL1), t, TAIL0);
    FloatVector tail = p.mul(t).mul(bell);
    return tail.blend(all(1).sub(tail), x.compare(GT, 0));
  }
}
