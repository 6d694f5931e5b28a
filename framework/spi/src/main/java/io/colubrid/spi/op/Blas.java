package io.colubrid.spi.op;

import java.lang.foreign.MemorySegment;

/**
 * Matrix products on row-major F32 segments. Offsets and leading dimensions count elements.
 * Products called from inside a {@link Parallel} loop run on that thread; others use all threads.
 */
public interface Blas {

  /**
   * C = alpha·op(A)·op(B) + beta·C, where op(A) is [m, k] and op(B) is [k, n]. With beta 0 the old
   * C is not read.
   */
  void gemm(
      boolean transposeA,
      boolean transposeB,
      long m,
      long n,
      long k,
      float alpha,
      MemorySegment a,
      long aOffset,
      long lda,
      MemorySegment b,
      long bOffset,
      long ldb,
      float beta,
      MemorySegment c,
      long cOffset,
      long ldc);
}
