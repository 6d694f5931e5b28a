package io.colubrid.spi.op;

/**
 * An RMS norm of a single row, in front of which a branch may be added to the stream, told so that
 * a product behind can make it while it reads the row: y = s·weight/√(mean(s²) + epsilon) with s =
 * stream + branch, in BF16. Where it is only a few thousand elements, doing so in every block of
 * the product takes less time than a launch.
 *
 * @param stream address of the stream, F32 [width]
 * @param branch address of the branch, [width]; 0 for none
 * @param halfBranch whether the branch is of BF16, else of F32
 * @param weight address of the weight, F32 [width]; 0 for ones
 * @param sum where s has to be written, F32 [width]; 0 for nowhere
 * @param weightStands whether the weight may be read early, as {@link CudaCall#stands} tells
 * @param epsilon added to the mean square
 * @param width elements of the row
 */
public record RowNorm(
    long stream,
    long branch,
    boolean halfBranch,
    long weight,
    long sum,
    boolean weightStands,
    float epsilon,
    long width) {
  /** The structure RowNorm of {@code row_product.cuh}, for kernels built with this version. */
  public long[] words() {
    return new long[] {
      stream, branch, weight, sum, halfBranch ? 1 : 0, Float.floatToRawIntBits(epsilon)
    };
  }

  /** All addresses. */
  public long[] addresses() {
    return new long[] {stream, branch, weight, sum};
  }

  /** Whether some memory lies over the stream or the branch, which every block reads. */
  public boolean overlaps(long address, long bytes) {
    return overlap(address, bytes, stream, width * Float.BYTES)
        || overlap(address, bytes, branch, width * Float.BYTES);
  }

  private static boolean overlap(long a, long aBytes, long b, long bBytes) {
    return b != 0 && a < b + bBytes && b < a + aBytes;
  }
}
