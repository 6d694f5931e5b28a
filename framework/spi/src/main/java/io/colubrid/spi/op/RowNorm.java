package io.colubrid.spi.op;

/**
 * An RMS norm of a row, some or many, in front of which a branch may be added to the stream, told
 * so that products beside it can make it: y = s·weight/√(mean(s²) + epsilon) with s = stream +
 * branch, in BF16, or of rows that are gated s = stream·SiLU(branch). A product behind makes a
 * single row while it reads it, in every block. Of {@linkplain #isOfSome some} rows who gives the
 * branch, or the gated stream, makes s·weight, and the one behind divides. Either takes less time
 * than a launch. Of {@linkplain #isOfMany many} rows the product of the branch makes all of it.
 *
 * @param gated whether s is stream·SiLU(branch), all of BF16
 * @param stream address of the stream, F32 [rows, width]
 * @param branch address of the branch, [rows, width]; 0 for none
 * @param halfBranch whether the branch is of BF16, else of F32
 * @param weight address of the weight, F32 [width]; 0 for ones
 * @param sum where s has to be written, F32 [rows, width]; 0 for nowhere
 * @param weightStands whether the weight may be read early, as {@link CudaCall#stands} tells
 * @param epsilon added to the mean square
 * @param rows how many
 * @param width elements of a row
 */
public record RowNorm(
    boolean gated,
    long stream,
    long branch,
    boolean halfBranch,
    long weight,
    long sum,
    boolean weightStands,
    float epsilon,
    long rows,
    long width) {
  private static final long FEWEST_SOME = 17;
  private static final long MOST_SOME = 128;
  private static final long FEWEST_MANY = 16_384;

  /** Whether products take so many rows for some, more than one. */
  public static boolean isOfSome(long rows) {
    return rows >= FEWEST_SOME && rows <= MOST_SOME;
  }

  /**
   * Whether there are so many rows that the product of the branch makes the sum and the norm of
   * them as well.
   */
  public static boolean isOfMany(long rows) {
    return rows >= FEWEST_MANY;
  }

  /** The structure RowNorm of {@code row_product.cuh}, for kernels built with this version. */
  public long[] words() {
    return new long[] {
      stream, branch, weight, sum, halfBranch ? 1 : 0, Float.floatToRawIntBits(epsilon)
    };
  }

  /** Bytes of the sum. */
  public long sumBytes() {
    return rows * width * Float.BYTES;
  }

  /** All addresses. */
  public long[] addresses() {
    return new long[] {stream, branch, weight, sum};
  }

  /** Whether some memory lies over the stream or the branch, which every block reads. */
  public boolean overlaps(long address, long bytes) {
    return overlap(address, bytes, stream, rows * width * (gated ? Short.BYTES : Float.BYTES))
        || overlap(address, bytes, branch, rows * width * (halfBranch ? Short.BYTES : Float.BYTES));
  }

  private static boolean overlap(long a, long aBytes, long b, long bBytes) {
    return b != 0 && a < b + bBytes && b < a + aBytes;
  }
}
