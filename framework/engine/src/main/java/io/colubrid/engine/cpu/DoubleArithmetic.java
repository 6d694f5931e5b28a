package io.colubrid.engine.cpu;

import static io.colubrid.engine.cpu.OffHeap.getDouble;
import static io.colubrid.engine.cpu.OffHeap.setDouble;

import java.lang.foreign.MemorySegment;

/** Double precision in plain Java, for checking gradients; speed is no concern. */
final class DoubleArithmetic extends Arithmetic {

  private static final long STEP = Double.BYTES;

  static final DoubleArithmetic INSTANCE = new DoubleArithmetic();

  private DoubleArithmetic() {
    super(Double.BYTES, 4, 8);
  }

  @Override
  public String name() {
    return "f64, plain Java";
  }

  @Override
  double get(long address) {
    return getDouble(address);
  }

  @Override
  void set(long address, double value) {
    setDouble(address, value);
  }

  @Override
  void unary(UnaryOp op, long x, long out, long n) {
    for (long i = 0; i < n * STEP; i += STEP) {
      setDouble(out + i, DoubleMath.apply(op, getDouble(x + i)));
    }
  }

  @Override
  void unaryGradient(UnaryOp op, long x, long gradOut, long gradIn, long n) {
    for (long i = 0; i < n * STEP; i += STEP) {
      setDouble(gradIn + i, getDouble(gradOut + i) * DoubleMath.gradient(op, getDouble(x + i)));
    }
  }

  @Override
  void binary(BinaryOp op, long a, long b, long out, long n) {
    for (long i = 0; i < n * STEP; i += STEP) {
      setDouble(out + i, apply(op, getDouble(a + i), getDouble(b + i)));
    }
  }

  @Override
  void binaryScalar(BinaryOp op, long a, double b, long out, long n) {
    double right = b;
    for (long i = 0; i < n * STEP; i += STEP) {
      setDouble(out + i, apply(op, getDouble(a + i), right));
    }
  }

  private static double apply(BinaryOp op, double a, double b) {
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
    double v = value;
    for (long i = 0; i < n * STEP; i += STEP) {
      setDouble(out + i, v);
    }
  }

  @Override
  void scaleShift(long x, double scale, double shift, long out, long n) {
    double s = scale;
    double t = shift;
    for (long i = 0; i < n * STEP; i += STEP) {
      setDouble(out + i, Math.fma(getDouble(x + i), s, t));
    }
  }

  @Override
  void axpy(double alpha, long x, long y, long n) {
    double s = alpha;
    for (long i = 0; i < n * STEP; i += STEP) {
      setDouble(y + i, Math.fma(getDouble(x + i), s, getDouble(y + i)));
    }
  }

  @Override
  void multiplyShifted(long a, long b, double shift, long out, long n) {
    double t = shift;
    for (long i = 0; i < n * STEP; i += STEP) {
      setDouble(out + i, getDouble(a + i) * (getDouble(b + i) - t));
    }
  }

  @Override
  double sum(long x, long n) {
    double sum = 0;
    for (long i = 0; i < n * STEP; i += STEP) {
      sum += getDouble(x + i);
    }
    return sum;
  }

  @Override
  double max(long x, long n) {
    double max = Double.NEGATIVE_INFINITY;
    for (long i = 0; i < n * STEP; i += STEP) {
      max = Math.max(max, getDouble(x + i));
    }
    return max;
  }

  @Override
  double dot(long a, long b, long n) {
    double sum = 0;
    for (long i = 0; i < n * STEP; i += STEP) {
      sum += getDouble(a + i) * getDouble(b + i);
    }
    return sum;
  }

  @Override
  double sumSquares(long x, double shift, long n) {
    double t = shift;
    double sum = 0;
    for (long i = 0; i < n * STEP; i += STEP) {
      double d = getDouble(x + i) - t;
      sum += d * d;
    }
    return sum;
  }

  @Override
  double dot3Shifted(long a, long b, long c, double shift, long n) {
    double t = shift;
    double sum = 0;
    for (long i = 0; i < n * STEP; i += STEP) {
      sum += getDouble(a + i) * getDouble(b + i) * (getDouble(c + i) - t);
    }
    return sum;
  }

  @Override
  double expSum(long x, double shift, long out, long n) {
    double t = shift;
    double sum = 0;
    for (long i = 0; i < n * STEP; i += STEP) {
      double e = Math.exp(getDouble(x + i) - t);
      setDouble(out + i, e);
      sum += e;
    }
    return sum;
  }

  @Override
  double sumExp(long x, double shift, long n) {
    double t = shift;
    double sum = 0;
    for (long i = 0; i < n * STEP; i += STEP) {
      sum += Math.exp(getDouble(x + i) - t);
    }
    return sum;
  }

  @Override
  void expScaled(long x, double shift, double scale, double offset, long out, long n) {
    double t = shift;
    double s = scale;
    double o = offset;
    for (long i = 0; i < n * STEP; i += STEP) {
      setDouble(out + i, Math.fma(Math.exp(getDouble(x + i) - t), s, o));
    }
  }

  @Override
  void normalize(long x, double mean, double scale, long weight, long bias, long out, long n) {
    double t = mean;
    double s = scale;
    for (long i = 0; i < n * STEP; i += STEP) {
      double xHat = (getDouble(x + i) - t) * s;
      setDouble(out + i, Math.fma(xHat, getDouble(weight + i), getDouble(bias + i)));
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
    double t = mean;
    double s = scale;
    double m1 = c1;
    double m2 = c2;
    for (long i = 0; i < n * STEP; i += STEP) {
      double centred = Math.fma(t - getDouble(x + i), m2, -m1);
      setDouble(out + i, Math.fma(getDouble(g + i), getDouble(weight + i), centred) * s);
    }
  }

  @Override
  void accumulateNormalized(long x, double mean, double scale, long g, long out, long n) {
    double t = mean;
    double s = scale;
    for (long i = 0; i < n * STEP; i += STEP) {
      double xHat = (getDouble(x + i) - t) * s;
      setDouble(out + i, Math.fma(xHat, getDouble(g + i), getDouble(out + i)));
    }
  }

  @Override
  void copyStrided(long from, long fromStride, long to, long toStride, long n) {
    if (fromStride == 1 && toStride == 1) {
      MemorySegment.copy(OffHeap.ALL, from, OffHeap.ALL, to, n * STEP);
      return;
    }
    for (long i = 0; i < n; i++) {
      setDouble(to + i * toStride * STEP, getDouble(from + i * fromStride * STEP));
    }
  }

  @Override
  void fromBf16(long x, long out, long n) {
    for (long i = 0; i < n; i++) {
      setDouble(out + i * STEP, OffHeap.getBf16(x + i * Short.BYTES));
    }
  }

  @Override
  void toBf16(long x, long out, long n) {
    for (long i = 0; i < n; i++) {
      OffHeap.setBf16(out + i * Short.BYTES, (float) getDouble(x + i * STEP));
    }
  }

  @Override
  double dotBf16(long w, long x, long n) {
    double sum = 0;
    for (long i = 0; i < n; i++) {
      sum += OffHeap.getBf16(w + i * Short.BYTES) * getDouble(x + i * STEP);
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
            getDouble(a + (p * rows + i) * STEP),
            b + p * columns * STEP,
            out + i * columns * STEP,
            columns);
      }
    }
  }
}
