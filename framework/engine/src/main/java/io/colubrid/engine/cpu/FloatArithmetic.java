package io.colubrid.engine.cpu;

import static io.colubrid.engine.cpu.OffHeap.getFloat;
import static io.colubrid.engine.cpu.OffHeap.setFloat;

import java.lang.foreign.MemorySegment;

/** Single precision in plain Java: the fallback, and the tails of {@link VectorArithmetic}. */
class FloatArithmetic extends Arithmetic {

  private static final long STEP = Float.BYTES;

  FloatArithmetic(int tileRows, int tileColumns) {
    super(Float.BYTES, tileRows, tileColumns);
  }

  FloatArithmetic() {
    this(4, 16);
  }

  @Override
  public String name() {
    return "f32, plain Java";
  }

  @Override
  final double get(long address) {
    return getFloat(address);
  }

  @Override
  final void set(long address, double value) {
    setFloat(address, (float) value);
  }

  @Override
  void unary(UnaryOp op, long x, long out, long n) {
    for (long i = 0; i < n * STEP; i += STEP) {
      setFloat(out + i, ScalarMath.apply(op, getFloat(x + i)));
    }
  }

  @Override
  void unaryGradient(UnaryOp op, long x, long gradOut, long gradIn, long n) {
    for (long i = 0; i < n * STEP; i += STEP) {
      setFloat(gradIn + i, getFloat(gradOut + i) * ScalarMath.gradient(op, getFloat(x + i)));
    }
  }

  @Override
  void binary(BinaryOp op, long a, long b, long out, long n) {
    for (long i = 0; i < n * STEP; i += STEP) {
      setFloat(out + i, apply(op, getFloat(a + i), getFloat(b + i)));
    }
  }

  @Override
  void binaryScalar(BinaryOp op, long a, double b, long out, long n) {
    float right = (float) b;
    for (long i = 0; i < n * STEP; i += STEP) {
      setFloat(out + i, apply(op, getFloat(a + i), right));
    }
  }

  private static float apply(BinaryOp op, float a, float b) {
    return switch (op) {
      case ADD -> a + b;
      case SUBTRACT -> a - b;
      case MULTIPLY -> a * b;
      case DIVIDE -> a / b;
      case MAX -> Math.max(a, b);
      case MIN -> Math.min(a, b);
      case SUBTRACT_FROM -> b - a;
      case DIVIDE_INTO -> b / a;
    };
  }

  @Override
  void fill(double value, long out, long n) {
    float v = (float) value;
    for (long i = 0; i < n * STEP; i += STEP) {
      setFloat(out + i, v);
    }
  }

  @Override
  void scaleShift(long x, double scale, double shift, long out, long n) {
    float s = (float) scale;
    float t = (float) shift;
    for (long i = 0; i < n * STEP; i += STEP) {
      setFloat(out + i, Math.fma(getFloat(x + i), s, t));
    }
  }

  @Override
  void axpy(double alpha, long x, long y, long n) {
    float s = (float) alpha;
    for (long i = 0; i < n * STEP; i += STEP) {
      setFloat(y + i, Math.fma(getFloat(x + i), s, getFloat(y + i)));
    }
  }

  @Override
  void multiplyShifted(long a, long b, double shift, long out, long n) {
    float t = (float) shift;
    for (long i = 0; i < n * STEP; i += STEP) {
      setFloat(out + i, getFloat(a + i) * (getFloat(b + i) - t));
    }
  }

  @Override
  double sum(long x, long n) {
    double sum = 0;
    for (long i = 0; i < n * STEP; i += STEP) {
      sum += getFloat(x + i);
    }
    return sum;
  }

  @Override
  double max(long x, long n) {
    float max = Float.NEGATIVE_INFINITY;
    for (long i = 0; i < n * STEP; i += STEP) {
      max = Math.max(max, getFloat(x + i));
    }
    return max;
  }

  @Override
  double dot(long a, long b, long n) {
    double sum = 0;
    for (long i = 0; i < n * STEP; i += STEP) {
      sum += getFloat(a + i) * getFloat(b + i);
    }
    return sum;
  }

  @Override
  double sumSquares(long x, double shift, long n) {
    float t = (float) shift;
    double sum = 0;
    for (long i = 0; i < n * STEP; i += STEP) {
      float d = getFloat(x + i) - t;
      sum += d * d;
    }
    return sum;
  }

  @Override
  double dot3Shifted(long a, long b, long c, double shift, long n) {
    float t = (float) shift;
    double sum = 0;
    for (long i = 0; i < n * STEP; i += STEP) {
      sum += getFloat(a + i) * getFloat(b + i) * (getFloat(c + i) - t);
    }
    return sum;
  }

  @Override
  double expSum(long x, double shift, long out, long n) {
    float t = (float) shift;
    double sum = 0;
    for (long i = 0; i < n * STEP; i += STEP) {
      float e = ScalarMath.exp(getFloat(x + i) - t);
      setFloat(out + i, e);
      sum += e;
    }
    return sum;
  }

  @Override
  double sumExp(long x, double shift, long n) {
    float t = (float) shift;
    double sum = 0;
    for (long i = 0; i < n * STEP; i += STEP) {
      sum += ScalarMath.exp(getFloat(x + i) - t);
    }
    return sum;
  }

  @Override
  void expScaled(long x, double shift, double scale, double offset, long out, long n) {
    float t = (float) shift;
    float s = (float) scale;
    float o = (float) offset;
    for (long i = 0; i < n * STEP; i += STEP) {
      setFloat(out + i, Math.fma(ScalarMath.exp(getFloat(x + i) - t), s, o));
    }
  }

  @Override
  void normalize(long x, double mean, double scale, long weight, long bias, long out, long n) {
    float t = (float) mean;
    float s = (float) scale;
    for (long i = 0; i < n * STEP; i += STEP) {
      float xHat = (getFloat(x + i) - t) * s;
      setFloat(out + i, Math.fma(xHat, getFloat(weight + i), getFloat(bias + i)));
    }
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
    float t = (float) mean;
    float s = (float) scale;
    float m1 = (float) c1;
    float m2 = (float) c2;
    for (long i = 0; i < n * STEP; i += STEP) {
      float centred = Math.fma(t - getFloat(x + i), m2, -m1);
      setFloat(out + i, Math.fma(getFloat(g + i), getFloat(weight + i), centred) * s);
    }
  }

  @Override
  void accumulateNormalized(long x, double mean, double scale, long g, long out, long n) {
    float t = (float) mean;
    float s = (float) scale;
    for (long i = 0; i < n * STEP; i += STEP) {
      float xHat = (getFloat(x + i) - t) * s;
      setFloat(out + i, Math.fma(xHat, getFloat(g + i), getFloat(out + i)));
    }
  }

  @Override
  final void copyStrided(long from, long fromStride, long to, long toStride, long n) {
    if (fromStride == 1 && toStride == 1) {
      MemorySegment.copy(OffHeap.ALL, from, OffHeap.ALL, to, n * STEP);
      return;
    }
    for (long i = 0; i < n; i++) {
      setFloat(to + i * toStride * STEP, getFloat(from + i * fromStride * STEP));
    }
  }

  @Override
  void fromBf16(long x, long out, long n) {
    for (long i = 0; i < n; i++) {
      setFloat(out + i * STEP, OffHeap.getBf16(x + i * Short.BYTES));
    }
  }

  @Override
  void toBf16(long x, long out, long n) {
    for (long i = 0; i < n; i++) {
      OffHeap.setBf16(out + i * Short.BYTES, getFloat(x + i * STEP));
    }
  }

  @Override
  double dotBf16(long w, long x, long n) {
    double sum = 0;
    for (long i = 0; i < n; i++) {
      sum += OffHeap.getBf16(w + i * Short.BYTES) * getFloat(x + i * STEP);
    }
    return sum;
  }

  @Override
  void dot4(
      long a, long aStride, long b, long n, double alpha, double beta, long out, long outStride) {
    for (int row = 0; row < 4; row++) {
      double dot = dot(a + row * aStride * STEP, b, n);
      store(alpha * dot, beta, out + row * outStride * STEP);
    }
  }

  @Override
  void tile(long a, long b, int k, long out) {
    long rows = tileRows;
    long columns = tileColumns;
    fill(0, out, rows * columns);
    for (int p = 0; p < k; p++) {
      for (int i = 0; i < rows; i++) {
        axpy(
            getFloat(a + (p * rows + i) * STEP),
            b + p * columns * STEP,
            out + i * columns * STEP,
            columns);
      }
    }
  }
}
