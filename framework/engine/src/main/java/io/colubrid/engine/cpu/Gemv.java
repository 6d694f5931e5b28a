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
        (from, to) -> {
          for (long j = from; j < to; j++) {
            row(
                type,
                m,
                k,
                alpha,
                x,
                ldx,
                w + j * ldw * type.bytes(),
                beta,
                y + j * type.bytes(),
                ldy);
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
    for (int i = 0; i < m; i++) {
      double dot = alpha * type.dot(w, x + (long) i * ldx * size, k);
      long at = y + (long) i * ldy * size;
      type.set(at, beta == 0 ? dot : dot + beta * type.get(at));
    }
  }
}
