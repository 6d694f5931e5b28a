package io.colubrid.engine.cpu;

/**
 * The arithmetic of one element type on spans of contiguous elements; all kernels are written over
 * it. Three exist: f32 with the Vector API, f32 in plain Java where that module is missing, and f64
 * in plain Java, which serves for checking gradients.
 *
 * <p>Arguments are addresses and element counts, checked by the kernel that calls. Spans may be
 * equal (in place) but must not overlap otherwise. Reductions return f64 but accumulate in the
 * element type, on several lanes.
 */
public abstract class Arithmetic {

  /** Rows and columns of the tile that {@link #tile} computes. */
  final int tileRows;

  final int tileColumns;

  private final int bytes;

  Arithmetic(int bytes, int tileRows, int tileColumns) {
    this.bytes = bytes;
    this.tileRows = tileRows;
    this.tileColumns = tileColumns;
  }

  /** Single precision, vectorised where the machine and the JVM's flags allow. */
  public static Arithmetic f32() {
    return ArithmeticSelection.F32;
  }

  /** Double precision. */
  public static Arithmetic f64() {
    return DoubleArithmetic.INSTANCE;
  }

  /** Bytes of an element. */
  public final int bytes() {
    return bytes;
  }

  /** A name for reports. */
  public abstract String name();

  abstract double get(long address);

  abstract void set(long address, double value);

  /** out = value + beta * out, out not being read if beta is zero. */
  final void store(double value, double beta, long out) {
    set(out, beta == 0 ? value : value + beta * get(out));
  }

  /** out = op(x). */
  abstract void unary(UnaryOp op, long x, long out, long n);

  /** gradIn = gradOut * op'(x). */
  abstract void unaryGradient(UnaryOp op, long x, long gradOut, long gradIn, long n);

  /** out = op(a, b). */
  abstract void binary(BinaryOp op, long a, long b, long out, long n);

  /** out = op(a, b), b being one number. */
  abstract void binaryScalar(BinaryOp op, long a, double b, long out, long n);

  abstract void fill(double value, long out, long n);

  /** out = x * scale + shift. */
  abstract void scaleShift(long x, double scale, double shift, long out, long n);

  /** y += alpha * x. */
  abstract void axpy(double alpha, long x, long y, long n);

  /** out = a * (b - shift). */
  abstract void multiplyShifted(long a, long b, double shift, long out, long n);

  abstract double sum(long x, long n);

  abstract double max(long x, long n);

  abstract double dot(long a, long b, long n);

  /** The sum of (x - shift)². */
  abstract double sumSquares(long x, double shift, long n);

  /** The sum of a * b * (c - shift). */
  abstract double dot3Shifted(long a, long b, long c, double shift, long n);

  /** out = exp(x - shift); returns their sum. */
  abstract double expSum(long x, double shift, long out, long n);

  /** The sum of exp(x - shift). */
  abstract double sumExp(long x, double shift, long n);

  /** out = scale * exp(x - shift) + offset. */
  abstract void expScaled(long x, double shift, double scale, double offset, long out, long n);

  /** out = (x - mean) * scale * weight + bias. */
  abstract void normalize(
      long x, double mean, double scale, long weight, long bias, long out, long n);

  /**
   * The gradient of a normalised row: out = scale * (g * weight - c1 - (x - mean) * c2), as layer
   * normalisation has it.
   */
  abstract void normalizeGradient(
      long g,
      long weight,
      long x,
      double mean,
      double scale,
      double c1,
      double c2,
      long out,
      long n);

  /** out += (x - mean) * scale * g. */
  abstract void accumulateNormalized(long x, double mean, double scale, long g, long out, long n);

  /** Copies n elements; strides in elements. */
  abstract void copyStrided(long from, long fromStride, long to, long toStride, long n);

  /** out = x, x being bf16. */
  abstract void fromBf16(long x, long out, long n);

  /** out = the bf16 numbers nearest to x, ties to even. */
  abstract void toBf16(long x, long out, long n);

  /** The sum of w * x, w being bf16. */
  abstract double dotBf16(long w, long x, long n);

  /** out = alpha * dot(a, b) + beta * out for four rows a; strides in elements. */
  abstract void dot4(
      long a, long aStride, long b, long n, double alpha, double beta, long out, long outStride);

  /**
   * out[tileRows, tileColumns] = the product of a packed panel of A (tileRows elements for each of
   * k steps) and a packed panel of B (tileColumns for each).
   */
  abstract void tile(long a, long b, int k, long out);
}
