package io.colubrid.testkit.trial;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.spi.op.Blas;
import java.lang.foreign.MemorySegment;

/** The matrix product as its definition says, summed in double: slow, and right. */
final class PlainBlas implements Blas {
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
    for (long i = 0; i < m; i++) {
      for (long j = 0; j < n; j++) {
        double sum = 0;
        for (long l = 0; l < k; l++) {
          long aAt = aOffset + (transposeA ? l * lda + i : i * lda + l);
          long bAt = bOffset + (transposeB ? j * ldb + l : l * ldb + j);
          sum += (double) a.getAtIndex(JAVA_FLOAT, aAt) * b.getAtIndex(JAVA_FLOAT, bAt);
        }
        long cAt = cOffset + i * ldc + j;
        double old = beta == 0 ? 0 : beta * c.getAtIndex(JAVA_FLOAT, cAt);
        c.setAtIndex(JAVA_FLOAT, cAt, (float) (alpha * sum + old));
      }
    }
  }
}
