package io.colubrid.spi.op;

import io.colubrid.spi.tensor.Shape;
import java.util.stream.LongStream;

/**
 * How the kernels of {@code kernels/row_product} divide a product of one row with a matrix [n, k]:
 * a warp takes eight rows of the matrix, and some warps of a block share these and split k.
 *
 * <p>It stands here because the engine and plugins of this build share those kernels. It changes
 * with them, and is nothing for plugins that are built elsewhere.
 *
 * @param k columns of the matrix
 * @param slices warps that split k
 * @param blocks blocks of {@link #THREADS} threads
 */
public record RowProductTiling(long k, int slices, long blocks) {
  public static final int THREADS = 256;

  private static final int WARPS = THREADS / 32;
  private static final int ROWS = 8;

  /** Elements of k that are read at once, and where they have to lie. */
  private static final int VECTOR = 8;

  private static final int VECTOR_BYTES = 16;

  /** Elements of k that a warp multiplies at once. */
  private static final int STEP = 32;

  /** Such steps that a kernel of few registers reads ahead. */
  private static final int FEW_STEPS = 3;

  /** The fewest elements of k that are worth a warp of their own. */
  private static final int SLICE = 64;

  /** Warps that keep a GPU's memory busy. */
  private static final long BUSY = 8192;

  /** Whether a matrix is small enough for the kernels, which count its rows in 32 bits. */
  public static boolean fits(Shape matrix) {
    return matrix.dim(0) < Integer.MAX_VALUE - ROWS && matrix.dim(1) < Integer.MAX_VALUE / WARPS;
  }

  public static RowProductTiling of(Shape matrix) {
    long k = matrix.dim(1);
    long tiles = Math.ceilDiv(matrix.dim(0), ROWS);
    int slices = 1;
    while (slices < WARPS && tiles * slices < BUSY && 2L * slices * SLICE <= k) {
      slices *= 2;
    }
    return new RowProductTiling(k, slices, Math.ceilDiv(tiles, WARPS / slices));
  }

  /** The ending of the name of a kernel, given where the matrix and all that it reads lie. */
  public String variant(long matrix, long... rows) {
    boolean aligned = LongStream.of(rows).reduce(matrix, (a, b) -> a | b) % VECTOR_BYTES == 0;
    if (!aligned || k % VECTOR != 0) {
      return "_any";
    }
    return Math.ceilDiv(k, slices) <= FEW_STEPS * STEP ? "_3" : "_6";
  }
}
