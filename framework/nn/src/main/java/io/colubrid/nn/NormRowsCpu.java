package io.colubrid.nn;

import static io.colubrid.nn.VectorExpCpu.FLOATS;
import static io.colubrid.nn.VectorExpCpu.LANES;
import static io.colubrid.nn.VectorExpCpu.ORDER;

import jdk.incubator.vector.FloatVector;

/**
 * Loops of norms over one row of floats, by address; the address 0 stands for a vector of ones as a
 * weight, and of zeros as anything else.
 */
final class NormRowsCpu {
  private static final FloatVector ZERO = FloatVector.zero(FLOATS);
  private static final FloatVector ONE = FloatVector.broadcast(FLOATS, 1);

  private NormRowsCpu() {}

  private static FloatVector load(long base, long i) {
    return FloatVector.fromMemorySegment(FLOATS, Addresses.ALL, base + i * Float.BYTES, ORDER);
  }

  private static void store(FloatVector v, long base, long i) {
    v.intoMemorySegment(Addresses.ALL, base + i * Float.BYTES, ORDER);
  }

  private static float get(long base, long i) {
    return Addresses.get(base + i * Float.BYTES);
  }

  private static void set(long base, long i, float value) {
    Addresses.set(base + i * Float.BYTES, value);
  }

  /** out = a + b; out may be one of them. */
  static void add(long a, long b, long out, long width) {
    long i = 0;
    for (; i + LANES <= width; i += LANES) {
      store(load(a, i).add(load(b, i)), out, i);
    }
    for (; i < width; i++) {
      set(out, i, get(a, i) + get(b, i));
    }
  }

  static float sum(long x, long width) {
    FloatVector sum = ZERO;
    long i = 0;
    for (; i + LANES <= width; i += LANES) {
      sum = sum.add(load(x, i));
    }
    float all = LaneSumCpu.of(sum);
    for (; i < width; i++) {
      all += get(x, i);
    }
    return all;
  }

  /** Σ (x − mean)². */
  static float squares(long x, float mean, long width) {
    FloatVector sum = ZERO;
    long i = 0;
    for (; i + LANES <= width; i += LANES) {
      FloatVector d = load(x, i).sub(mean);
      sum = d.fma(d, sum);
    }
    float all = LaneSumCpu.of(sum);
    for (; i < width; i++) {
      float d = get(x, i) - mean;
      all = Math.fma(d, d, all);
    }
    return all;
  }

  /** Σ g·w. */
  static float dot(long g, long w, long width) {
    FloatVector sum = ZERO;
    long i = 0;
    for (; i + LANES <= width; i += LANES) {
      sum = load(g, i).fma(w == Addresses.NONE ? ONE : load(w, i), sum);
    }
    float all = LaneSumCpu.of(sum);
    for (; i < width; i++) {
      all += get(g, i) * (w == Addresses.NONE ? 1 : get(w, i));
    }
    return all;
  }

  /** Σ g·w·(x − mean). */
  static float dot(long g, long w, long x, float mean, long width) {
    FloatVector sum = ZERO;
    long i = 0;
    for (; i + LANES <= width; i += LANES) {
      FloatVector gw = load(g, i).mul(w == Addresses.NONE ? ONE : load(w, i));
      sum = gw.fma(load(x, i).sub(mean), sum);
    }
    float all = LaneSumCpu.of(sum);
    for (; i < width; i++) {
      all += get(g, i) * (w == Addresses.NONE ? 1 : get(w, i)) * (get(x, i) - mean);
    }
    return all;
  }

  /** out = (x − mean)·r·w + b. */
  static void normalize(long x, float mean, float r, long w, long b, long out, long width) {
    long i = 0;
    for (; i + LANES <= width; i += LANES) {
      FloatVector y = load(x, i).sub(mean).mul(r);
      y = w == Addresses.NONE ? y : y.mul(load(w, i));
      store(b == Addresses.NONE ? y : y.add(load(b, i)), out, i);
    }
    for (; i < width; i++) {
      float y = (get(x, i) - mean) * r * (w == Addresses.NONE ? 1 : get(w, i));
      set(out, i, b == Addresses.NONE ? y : y + get(b, i));
    }
  }

  /** weights += g·(x − mean)·r and biases += g. */
  static void addParameters(
      long g, long x, float mean, float r, long weights, long biases, long width) {
    long i = 0;
    for (; i + LANES <= width; i += LANES) {
      FloatVector arriving = load(g, i);
      store(arriving.fma(load(x, i).sub(mean).mul(r), load(weights, i)), weights, i);
      store(load(biases, i).add(arriving), biases, i);
    }
    for (; i < width; i++) {
      set(weights, i, Math.fma(get(g, i), (get(x, i) - mean) * r, get(weights, i)));
      set(biases, i, get(biases, i) + get(g, i));
    }
  }

  /** out = before + r·(g·w − c₁ − (x − mean)·c₂). */
  static void gradient(
      long g,
      long w,
      long x,
      float mean,
      float r,
      float c1,
      float c2,
      long before,
      long out,
      long width) {
    long i = 0;
    for (; i + LANES <= width; i += LANES) {
      FloatVector gw = load(g, i).mul(w == Addresses.NONE ? ONE : load(w, i));
      FloatVector d = gw.sub(c1).sub(load(x, i).sub(mean).mul(c2)).mul(r);
      store(before == Addresses.NONE ? d : d.add(load(before, i)), out, i);
    }
    for (; i < width; i++) {
      float gw = get(g, i) * (w == Addresses.NONE ? 1 : get(w, i));
      float d = r * (gw - c1 - (get(x, i) - mean) * c2);
      set(out, i, before == Addresses.NONE ? d : d + get(before, i));
    }
  }
}
