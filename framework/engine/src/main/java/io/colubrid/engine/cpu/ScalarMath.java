package io.colubrid.engine.cpu;

/**
 * The functions of {@link UnaryOp} in single precision, one number at a time. {@link VectorMath}
 * does the same operations in the same order on vectors, so both give the same bits.
 *
 * <p>Relative errors stay below 1e-6 (about 2 units in the last place for exp, log, tanh, sigmoid
 * and softplus). Results of exp below 1.7e-38 are flushed to zero. The polynomials are minimax fits
 * of relative error.
 */
final class ScalarMath {

  static final float LOG2_E = 1.44269504f;
  static final float LN2_HIGH = 0x1.62ep-1f;
  static final float LN2_LOW = 0x1.0bfbe8p-15f;

  /** Added to a number, it rounds it to an integer that stands in the low bits. */
  static final float ROUNDER = 0x1.8p23f;

  static final int ROUNDER_BITS = 0x4B400000;
  static final float EXP_OVERFLOW = 88.72284f;
  static final float EXP_UNDERFLOW = -86.98f;

  // (exp(r) - 1 - r) / r² for |r| <= ln(2) / 2.
  static final float EXP2 = 0.5f;
  static final float EXP3 = 0x1.555554p-3f;
  static final float EXP4 = 0x1.55548ep-5f;
  static final float EXP5 = 0x1.111272p-7f;
  static final float EXP6 = 0x1.6d8db2p-10f;
  static final float EXP7 = 0x1.9f0816p-13f;

  static final int SQRT_HALF_BITS = 0x3f3504f3;
  static final float DENORMAL_SCALE = 0x1p25f;

  // (2 atanh(s) / s - 2) / s² in s², for the mantissas of log and for log1p on [0, 1].
  static final float LOG0 = 0x1.555554p-1f;
  static final float LOG1 = 0x1.999a7ep-2f;
  static final float LOG2 = 0x1.2437d2p-2f;
  static final float LOG3 = 0x1.e31f8p-3f;
  static final float LOG1P0 = 0x1.555558p-1f;
  static final float LOG1P1 = 0x1.9996a8p-2f;
  static final float LOG1P2 = 0x1.250972p-2f;
  static final float LOG1P3 = 0x1.b6d6a2p-3f;
  static final float LOG1P4 = 0x1.f1aee8p-3f;

  // (tanh(x) / x - 1) / x² in x² for |x| < TANH_SMALL.
  static final float TANH_SMALL = 0.625f;
  static final float TANH0 = -0x1.555534p-2f;
  static final float TANH1 = 0x1.110768p-3f;
  static final float TANH2 = -0x1.b84448p-5f;
  static final float TANH3 = 0x1.5256cep-6f;
  static final float TANH4 = -0x1.76abf6p-8f;

  // The upper tail of the normal distribution times exp(x²/2) / t, in t = 1 / (1 + TAIL_SCALE x).
  static final float TAIL_SCALE = 0.35f;
  static final float TAIL0 = 0x1.1df1cp-3f;
  static final float TAIL1 = 0x1.1e7132p-3f;
  static final float TAIL2 = 0x1.eac3a6p-4f;
  static final float TAIL3 = 0x1.b06f3ap-4f;
  static final float TAIL4 = -0x1.7d27dp-6f;
  static final float TAIL5 = 0x1.466fd4p-3f;
  static final float TAIL6 = -0x1.060b28p-2f;
  static final float TAIL7 = 0x1.27095ep-3f;
  static final float TAIL8 = -0x1.ddd266p-6f;
  static final float NORMAL_PEAK = 0.39894228f;

  // gelu's approximation: x * sigmoid(GELU_LINEAR x + GELU_CUBIC x³).
  static final float GELU_LINEAR = 1.59576912f;
  static final float GELU_CUBIC = 0.0713548163f;

  private ScalarMath() {}

  static float exp(float x) {
    float rounded = Math.fma(x, LOG2_E, ROUNDER);
    float n = rounded - ROUNDER;
    float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, x));
    float p = Math.fma(Math.fma(EXP7, r, EXP6), r, EXP5);
    p = Math.fma(Math.fma(Math.fma(p, r, EXP4), r, EXP3), r, EXP2);
    float e = Math.fma(p, r * r, r) + 1;
    // Half the scale, so that neither end of the exponent's range is lost.
    float scale = Float.intBitsToFloat((Float.floatToRawIntBits(rounded) << 23) + (126 << 23));
    float y = (e + e) * scale;
    return x < EXP_UNDERFLOW ? 0 : x > EXP_OVERFLOW ? Float.POSITIVE_INFINITY : y;
  }

  static float log(float x) {
    boolean denormal = x < Float.MIN_NORMAL;
    float scaled = denormal ? x * DENORMAL_SCALE : x;
    int bits = Float.floatToRawIntBits(scaled);
    int exponent = (bits - SQRT_HALF_BITS) >> 23;
    float m = Float.intBitsToFloat(bits - (exponent << 23));
    float n = Float.intBitsToFloat(exponent + ROUNDER_BITS) - ROUNDER - (denormal ? 25 : 0);
    float s = (m - 1) / (m + 1);
    float q = s * s;
    float p = Math.fma(Math.fma(Math.fma(LOG3, q, LOG2), q, LOG1), q, LOG0);
    float y = Math.fma(n, LN2_HIGH, Math.fma(n, LN2_LOW, Math.fma(p, q * s, s + s)));
    if (x == 0) {
      return Float.NEGATIVE_INFINITY;
    }
    return x >= 0 ? (x > Float.MAX_VALUE ? x : y) : Float.NaN;
  }

  /** log(1 + u) for u from 0 to 1. */
  static float log1p(float u) {
    float s = u / (u + 2);
    float q = s * s;
    float p = Math.fma(Math.fma(LOG1P4, q, LOG1P3), q, LOG1P2);
    p = Math.fma(Math.fma(p, q, LOG1P1), q, LOG1P0);
    return Math.fma(p, q * s, s + s);
  }

  static float tanh(float x) {
    float q = x * x;
    float p = Math.fma(Math.fma(TANH4, q, TANH3), q, TANH2);
    p = Math.fma(Math.fma(p, q, TANH1), q, TANH0);
    float small = Math.fma(p, q * x, x);
    float a = Math.abs(x);
    float large = 1 - 2 / (exp(a + a) + 1);
    return a < TANH_SMALL ? small : x < 0 ? -large : large;
  }

  static float sigmoid(float x) {
    return 1 / (exp(-x) + 1);
  }

  static float silu(float x) {
    return x / (exp(-x) + 1);
  }

  static float softplus(float x) {
    return log1p(exp(-Math.abs(x))) + (x > 0 ? x : 0);
  }

  static float gelu(float x) {
    return x * normal(x, bell(x));
  }

  static float geluTanh(float x) {
    return x / (exp(-geluArgument(x)) + 1);
  }

  static float tanhGradient(float x) {
    float t = tanh(x);
    return Math.fma(-t, t, 1);
  }

  static float sigmoidGradient(float x) {
    // Symmetric in x, which keeps small results exact where 1 - sigmoid would cancel.
    float e = exp(-Math.abs(x));
    float d = e + 1;
    return e / (d * d);
  }

  static float siluGradient(float x) {
    float s = sigmoid(x);
    return s * Math.fma(x, 1 - s, 1);
  }

  static float geluGradient(float x) {
    float bell = bell(x);
    return Math.fma(x * NORMAL_PEAK, bell, normal(x, bell));
  }

  static float geluTanhGradient(float x) {
    float s = sigmoid(geluArgument(x));
    float slope = Math.fma(x * x, 3 * GELU_CUBIC, GELU_LINEAR);
    return s * Math.fma(x * slope, 1 - s, 1);
  }

  private static float geluArgument(float x) {
    return x * Math.fma(x * x, GELU_CUBIC, GELU_LINEAR);
  }

  private static float bell(float x) {
    return exp(x * -0.5f * x);
  }

  /** The distribution function of the standard normal, given exp(-x²/2). */
  private static float normal(float x, float bell) {
    float t = 1 / Math.fma(Math.abs(x), TAIL_SCALE, 1);
    float p = Math.fma(Math.fma(TAIL8, t, TAIL7), t, TAIL6);
    p = Math.fma(Math.fma(Math.fma(p, t, TAIL5), t, TAIL4), t, TAIL3);
    p = Math.fma(Math.fma(Math.fma(p, t, TAIL2), t, TAIL1), t, TAIL0);
    float tail = p * t * bell;
    return x > 0 ? 1 - tail : tail;
  }

  static float apply(UnaryOp op, float x) {
    return switch (op) {
      case NEGATE -> -x;
      case ABS -> Math.abs(x);
      case SQUARE -> x * x;
      case SQRT -> (float) Math.sqrt(x);
      case RECIPROCAL -> 1 / x;
      case RELU -> x > 0 ? x : 0;
      case EXP -> exp(x);
      case LOG -> log(x);
      case TANH -> tanh(x);
      case SIGMOID -> sigmoid(x);
      case SILU -> silu(x);
      case SOFTPLUS -> softplus(x);
      case GELU -> gelu(x);
      case GELU_TANH -> geluTanh(x);
    };
  }

  /** The derivative of {@code op} at x. */
  static float gradient(UnaryOp op, float x) {
    return switch (op) {
      case NEGATE -> -1;
      case ABS -> x > 0 ? 1 : x < 0 ? -1 : 0;
      case SQUARE -> x + x;
      case SQRT -> 0.5f / (float) Math.sqrt(x);
      case RECIPROCAL -> -1 / (x * x);
      case RELU -> x > 0 ? 1 : 0;
      case EXP -> exp(x);
      case LOG -> 1 / x;
      case TANH -> tanhGradient(x);
      case SIGMOID -> sigmoidGradient(x);
      case SILU -> siluGradient(x);
      case SOFTPLUS -> sigmoid(x);
      case GELU -> geluGradient(x);
      case GELU_TANH -> geluTanhGradient(x);
    };
  }
}
