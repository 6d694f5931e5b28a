package io.colubrid.engine.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Products in Java, for where there is no native BLAS: blocks of both matrices are packed into
 * panels that stay in the caches, and multiplied tile by tile (the scheme of Goto and van de Geijn,
 * "Anatomy of High-Performance Matrix Multiplication").
 */
final class JavaGemm extends Blas {

  private static final int BLOCK_K = 256;
  private static final int BLOCK_M = 96;
  private static final int BLOCK_N = 512;
  private static final int MAX_TILE = 64;

  private final ThreadLocal<MemorySegment> scratch =
      ThreadLocal.withInitial(
          () ->
              Arena.ofAuto()
                  .allocate(
                      (BLOCK_K * (BLOCK_M + BLOCK_N + 2L * MAX_TILE) + 8 * MAX_TILE) * Double.BYTES,
                      64));

  JavaGemm(WorkerPool pool) {
    super(pool);
  }

  @Override
  public String name() {
    return "Java";
  }

  @Override
  boolean readsOnce(int n, int k) {
    return true;
  }

  @Override
  void multiply(
      Arithmetic type,
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      double alpha,
      long a,
      int lda,
      long b,
      int ldb,
      double beta,
      long c,
      int ldc) {
    scale(type, m, n, beta, c, ldc);
    if (alpha == 0) {
      return;
    }
    int size = type.bytes();
    long packedA = scratch.get().address();
    long packedB = packedA + (long) BLOCK_K * (BLOCK_M + MAX_TILE) * size;
    long tile = packedB + (long) BLOCK_K * (BLOCK_N + MAX_TILE) * size;
    for (int j = 0; j < n; j += BLOCK_N) {
      int columns = Math.min(BLOCK_N, n - j);
      for (int p = 0; p < k; p += BLOCK_K) {
        int depth = Math.min(BLOCK_K, k - p);
        long bBlock = b + (transposeB ? (long) j * ldb + p : (long) p * ldb + j) * size;
        pack(
            type,
            bBlock,
            transposeB ? ldb : 1,
            transposeB ? 1 : ldb,
            columns,
            depth,
            type.tileColumns,
            packedB);
        for (int i = 0; i < m; i += BLOCK_M) {
          int rows = Math.min(BLOCK_M, m - i);
          long aBlock = a + (transposeA ? (long) p * lda + i : (long) i * lda + p) * size;
          pack(
              type,
              aBlock,
              transposeA ? 1 : lda,
              transposeA ? lda : 1,
              rows,
              depth,
              type.tileRows,
              packedA);
          long cBlock = c + ((long) i * ldc + j) * size;
          multiplyBlock(type, rows, columns, depth, alpha, packedA, packedB, tile, cBlock, ldc);
        }
      }
    }
  }

  private static void scale(Arithmetic type, int m, int n, double beta, long c, int ldc) {
    for (int i = 0; i < m; i++) {
      long row = c + (long) i * ldc * type.bytes();
      if (beta == 0) {
        type.fill(0, row, n);
      } else if (beta != 1) {
        type.binaryScalar(BinaryOp.MULTIPLY, row, beta, row, n);
      }
    }
  }

  /**
   * Cuts [count, depth] into panels of {@code width}, each stored step by step, padded with zeros.
   */
  private static void pack(
      Arithmetic type,
      long from,
      int countStride,
      int depthStride,
      int count,
      int depth,
      int width,
      long to) {
    int size = type.bytes();
    for (int i = 0; i < count; i += width) {
      int filled = Math.min(width, count - i);
      long panel = to + (long) i * depth * size;
      long source = from + (long) i * countStride * size;
      if (filled < width) {
        type.fill(0, panel, (long) width * depth);
      }
      if (countStride == 1) {
        for (int p = 0; p < depth; p++) {
          type.copyStrided(
              source + (long) p * depthStride * size,
              1,
              panel + (long) p * width * size,
              1,
              filled);
        }
      } else {
        for (int q = 0; q < filled; q++) {
          type.copyStrided(
              source + (long) q * countStride * size,
              depthStride,
              panel + q * (long) size,
              width,
              depth);
        }
      }
    }
  }

  private static void multiplyBlock(
      Arithmetic type,
      int rows,
      int columns,
      int depth,
      double alpha,
      long packedA,
      long packedB,
      long tile,
      long c,
      int ldc) {
    int size = type.bytes();
    for (int j = 0; j < columns; j += type.tileColumns) {
      long bPanel = packedB + (long) j * depth * size;
      int width = Math.min(type.tileColumns, columns - j);
      for (int i = 0; i < rows; i += type.tileRows) {
        type.tile(packedA + (long) i * depth * size, bPanel, depth, tile);
        int height = Math.min(type.tileRows, rows - i);
        for (int r = 0; r < height; r++) {
          long row = c + ((long) (i + r) * ldc + j) * size;
          type.axpy(alpha, tile + (long) r * type.tileColumns * size, row, width);
        }
      }
    }
  }
}
