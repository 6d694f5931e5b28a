package io.colubrid.engine.cpu;

import java.lang.foreign.MemorySegment;

/**
 * Matrix products on off-heap, row-major matrices: {@code C = alpha op(A) op(B) + beta C} with
 * op(A) of shape [m, k], op(B) of shape [k, n] and C of shape [m, n]. Offsets, leading dimensions
 * and strides count elements; with {@code beta == 0} C is not read.
 *
 * <p>A large product is cut into tiles over the worker pool; the tiles depend on the shape and the
 * number of threads alone, so the same call gives the same bits. Few rows against a transposed B (a
 * decoding step against a weight matrix) go to {@link Gemv}, which reads each weight once.
 */
public abstract class Blas {

  /** Below so many multiply-adds a tile costs less than waking a thread for it. */
  private static final long MIN_WORK_PER_TILE = 1 << 18;

  /** From so many multiply-adds a thread on, it gets two tiles, so that a late one costs less. */
  private static final long BALANCED_WORK = 1 << 24;

  /** Tiles are multiples of this, so that all but the last fill the kernels' registers. */
  private static final int TILE_ALIGNMENT = 48;

  private final WorkerPool pool;

  Blas(WorkerPool pool) {
    this.pool = pool;
  }

  /**
   * The product that {@code -Dcolubrid.blas} names ({@code openblas} or {@code java}); by default
   * OpenBLAS where its library can be loaded, else the product in Java, announced in the log.
   */
  public static Blas select(WorkerPool pool) {
    return BlasSelection.select(pool);
  }

  /** A name for reports. */
  public abstract String name();

  /** Whether few rows are better multiplied by a matrix of [n, k] in one sweep over it. */
  abstract boolean readsOnce(int n, int k);

  /** One product on the calling thread; arguments are addresses, checked before. */
  abstract void multiply(
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
      int ldc);

  /**
   * One product.
   *
   * @param type f32 or f64, of all three matrices
   * @param lda elements from one row of A as stored ([m, k], or [k, m] if transposed) to the next
   * @throws IllegalArgumentException if a dimension is negative or a leading dimension too small
   * @throws IndexOutOfBoundsException if a matrix does not lie within its segment
   */
  public final void gemm(
      Arithmetic type,
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      double alpha,
      MemorySegment a,
      long aOffset,
      int lda,
      MemorySegment b,
      long bOffset,
      int ldb,
      double beta,
      MemorySegment c,
      long cOffset,
      int ldc) {
    gemmBatched(
        type,
        1,
        transposeA,
        transposeB,
        m,
        n,
        k,
        alpha,
        a,
        aOffset,
        0,
        lda,
        b,
        bOffset,
        0,
        ldb,
        beta,
        c,
        cOffset,
        0,
        ldc);
  }

  /**
   * {@code batch} products of one shape, the matrices of product i standing i strides after the
   * offset. A stride of A or B may be zero (one matrix for all products); that of C may not.
   */
  public final void gemmBatched(
      Arithmetic type,
      int batch,
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      double alpha,
      MemorySegment a,
      long aOffset,
      long aStride,
      int lda,
      MemorySegment b,
      long bOffset,
      long bStride,
      int ldb,
      double beta,
      MemorySegment c,
      long cOffset,
      long cStride,
      int ldc) {
    if (batch < 0 || m < 0 || n < 0 || k < 0) {
      throw new IllegalArgumentException(
          "negative dimension in a product: batch %d, m %d, n %d, k %d".formatted(batch, m, n, k));
    }
    if (batch == 0 || m == 0 || n == 0) {
      return;
    }
    if (batch > 1 && cStride < (m - 1L) * ldc + n) {
      throw new IllegalArgumentException(
          "products of a batch would overwrite each other: C is [%d, %d] with row stride %d, but %d apart"
              .formatted(m, n, ldc, cStride));
    }
    int size = type.bytes();
    long aBase = matrix("A", a, aOffset, aStride, batch, transposeA, m, k, lda, size);
    long bBase = matrix("B", b, bOffset, bStride, batch, transposeB, k, n, ldb, size);
    long cBase = matrix("C", c, cOffset, cStride, batch, false, m, n, ldc, size);
    if (batch == 1 && transposeB && !transposeA && m <= Gemv.MAX_ROWS && readsOnce(n, k)) {
      Gemv.run(pool, type, m, n, k, alpha, aBase, lda, bBase, ldb, beta, cBase, ldc);
      return;
    }
    var product =
        new Product(
            this,
            type,
            transposeA,
            transposeB,
            m,
            n,
            k,
            alpha,
            aBase,
            aStride * size,
            lda,
            bBase,
            bStride * size,
            ldb,
            beta,
            cBase,
            cStride * size,
            ldc);
    long work = Math.max(1, (long) m * n * Math.max(k, 1));
    int tiles = tilesPerProduct(batch, m, n, work);
    if (tiles == 1) {
      long grain = (MIN_WORK_PER_TILE - 1) / work + 1;
      pool.forEachRange(batch, grain, product);
    } else {
      pool.forEachTask(batch * tiles, i -> product.tile(i / tiles, i % tiles, tiles));
    }
  }

  private int tilesPerProduct(int batch, int m, int n, long work) {
    int threads = pool.threads();
    if (threads == 1 || batch >= 2 * threads || work < 2 * MIN_WORK_PER_TILE) {
      return 1;
    }
    int perThread = work / threads >= BALANCED_WORK ? 2 : 1;
    long wanted = (threads * perThread - 1) / batch + 1;
    long bySize = (Math.max(m, n) - 1) / TILE_ALIGNMENT + 1;
    return (int) Math.min(Math.min(wanted, bySize), work / MIN_WORK_PER_TILE);
  }

  private static long matrix(
      String name,
      MemorySegment segment,
      long offset,
      long stride,
      int batch,
      boolean transposed,
      int rows,
      int columns,
      int leading,
      int size) {
    int storedRows = transposed ? columns : rows;
    int storedColumns = transposed ? rows : columns;
    if (leading < storedColumns) {
      throw new IllegalArgumentException(
          "matrix %s is stored as [%d, %d], but its rows are only %d elements apart"
              .formatted(name, storedRows, storedColumns, leading));
    }
    if (stride < 0) {
      throw new IllegalArgumentException("negative stride %d of matrix %s".formatted(stride, name));
    }
    long span =
        storedRows == 0 || storedColumns == 0
            ? 0
            : stride * (batch - 1L) + (storedRows - 1L) * leading + storedColumns;
    return OffHeap.address(segment, offset, span, size);
  }

  /** The arguments of a batch of products, by address; strides in bytes. */
  private record Product(
      Blas blas,
      Arithmetic type,
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      double alpha,
      long a,
      long aStride,
      int lda,
      long b,
      long bStride,
      int ldb,
      double beta,
      long c,
      long cStride,
      int ldc)
      implements WorkerPool.RangeTask {

    @Override
    public void run(long from, long to) {
      for (long i = from; i < to; i++) {
        blas.multiply(
            type,
            transposeA,
            transposeB,
            m,
            n,
            k,
            alpha,
            a + i * aStride,
            lda,
            b + i * bStride,
            ldb,
            beta,
            c + i * cStride,
            ldc);
      }
    }

    void tile(int batch, int tile, int tiles) {
      int length = Math.max(m, n);
      int from = (int) WorkerPool.chunkStart(length, TILE_ALIGNMENT, tiles, tile);
      int to = (int) WorkerPool.chunkStart(length, TILE_ALIGNMENT, tiles, tile + 1);
      int size = type.bytes();
      long aTile = a + batch * aStride;
      long bTile = b + batch * bStride;
      long cTile = c + batch * cStride;
      if (n >= m) {
        bTile += (transposeB ? (long) from * ldb : from) * size;
        cTile += (long) from * size;
      } else {
        aTile += (transposeA ? from : (long) from * lda) * size;
        cTile += (long) from * ldc * size;
      }
      blas.multiply(
          type,
          transposeA,
          transposeB,
          n >= m ? m : to - from,
          n >= m ? to - from : n,
          k,
          alpha,
          aTile,
          lda,
          bTile,
          ldb,
          beta,
          cTile,
          ldc);
    }
  }
}
