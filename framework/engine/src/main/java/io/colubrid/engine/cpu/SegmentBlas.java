package io.colubrid.engine.cpu;

import java.lang.foreign.MemorySegment;

/** Products as plugins see them. */
record SegmentBlas(Blas blas) implements io.colubrid.spi.op.Blas {
  @Override
  public void gemm(
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
      long ldc) {
    blas.gemm(
        Arithmetic.f32(),
        transposeA,
        transposeB,
        Math.toIntExact(m),
        Math.toIntExact(n),
        Math.toIntExact(k),
        alpha,
        a,
        aOffset,
        Math.toIntExact(lda),
        b,
        bOffset,
        Math.toIntExact(ldb),
        beta,
        c,
        cOffset,
        Math.toIntExact(ldc));
  }
}
