package io.colubrid.engine.cpu;

/**
 * A few rows times a transposed matrix, {@code y[m, n] = alpha x[m, k] W[n, k]ᵀ + beta y}: the
 * product of decoding, bound by reading W. Each row of W is read once, and meets all rows of x
 * while it is in the cache.
 */
final class Gemv {

  /** From more rows on, a blocked product is faster. */
  static final int MAX_ROWS = 8;

  /** Elements of W that are worth handing to another thread. */
  private static final long GRAIN = 1 << 14;

  private Gemv() {}

  static void run(
      WorkerPool pool,
      Arithmetic type,
      int m,
      int n,
      int k,
      double alpha,
      long x,
      int ldx,
      long w,
      int ldw,
      double beta,
      long y,
      int ldy) {
    pool.forEachRange(
        n,
        GRAIN / Math.max(1, (long) m * k) + 1,
        (from, to) -> rows(type, m, from, to, k, alpha, x, ldx, w, ldw, beta, y, ldy));
  }

  /** The columns {@code from} to {@code to} of y, on the calling thread. */
  static void rows(
      Arithmetic type,
      int m,
      long from,
      long to,
      int k,
      double alpha,
      long x,
      int ldx,
      long w,
      int ldw,
      double beta,
      long y,
      int ldy) {
    int size = type.bytes();
    for (long j = from; j < to; j++) {
      row(type, m, k, alpha, x, ldx, w + j * ldw * size, beta, y + j * size, ldy);
    }
  }

  /** y[m, n] = x[m, k] W[n, k]ᵀ + beta y with W in bf16. */
  static void runBf16(
      WorkerPool pool,
      Arithmetic type,
      int m,
      int n,
      int k,
      long x,
      int ldx,
      long w,
      int ldw,
      double beta,
      long y,
      int ldy) {
    int size = type.bytes();
    pool.forEachRange(
        n,
        GRAIN / Math.max(1, (long) m * k) + 1,
        (from, to) -> {
          long wide = m == 1 ? 0 : Scratch.bytes((long) k * size);
          for (long j = from; j < to; j++) {
            long half = w + j * ldw * Short.BYTES;
            if (m == 1) {
              type.store(type.dotBf16(half, x, k), beta, y + j * size);
            } else {
              type.fromBf16(half, wide, k);
              row(type, m, k, 1, x, ldx, wide, beta, y + j * size, ldy);
            }
          }
        });
  }

  private static void row(
      Arithmetic type,
      int m,
      int k,
      double alpha,
      long x,
      int ldx,
      long w,
      double beta,
      long y,
      int ldy) {
    int size = type.bytes();
    int i = 0;
    for (; i + 4 <= m; i += 4) {
      type.dot4(x + (long) i * ldx * size, ldx, w, k, alpha, beta, y + (long) i * ldy * size, ldy);
    }
    for (; i < m; i++) {
      double dot = type.dot(w, x + (long) i * ldx * size, k);
      type.store(alpha * dot, beta, y + (long) i * ldy * size);
    }
  }
}
