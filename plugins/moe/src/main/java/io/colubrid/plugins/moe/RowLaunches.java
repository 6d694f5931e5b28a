package io.colubrid.plugins.moe;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Rows that go from positions to slots or back, on a GPU.
 *
 * @param slots address of I32 [positions, k]
 * @param k slots of a position
 * @param row type of the rows, [any, width]
 */
record RowLaunches(CudaCall call, long slots, long k, TensorType row) {
  static final String FATBIN = "experts";
  static final int THREADS = 256;
  private static final int WARP = 32;
  private static final int WORD_BYTES = 16;
  private static final long MOST_BLOCKS = 1 << 16;

  /** Whether a dtype is one that the kernels know. */
  static boolean known(DType dtype) {
    return dtype == DType.F32 || dtype == DType.BF16;
  }

  static TensorType type(List<@Nullable TensorType> inputs, int index) {
    return requireNonNull(inputs.get(index));
  }

  static String suffix(DType dtype) {
    return "_" + dtype.name().toLowerCase(Locale.ROOT);
  }

  /** A thread an element, as far as it pays; kernels loop over what is more. */
  static CudaCall.Grid over(long elements) {
    return CudaCall.Grid.of(Math.min(Math.ceilDiv(elements, THREADS), MOST_BLOCKS));
  }

  /** A warp for each of a number of things. */
  static CudaCall.Grid warps(long count) {
    return CudaCall.Grid.of(Math.ceilDiv(count * WARP, THREADS));
  }

  /** to[position] = Σ weight · from[slot] over its slots; weights 0 for a plain sum. */
  void gather(long from, long weights, long to, long positions) {
    long width = width(from | to);
    call.launchEarly(
        FATBIN,
        "gather_weighted" + pack(from | to),
        over(positions * width),
        THREADS,
        0,
        from,
        weights,
        slots,
        to,
        width,
        (int) k,
        positions * width);
  }

  /** to[slot] = weight · from[position in the slot]; weights 0 for a copy. */
  void spread(long from, long weights, long positions, long to, long count) {
    long width = width(from | to);
    call.launchEarly(
        FATBIN,
        "spread_weighted" + pack(from | to),
        over(count * width),
        THREADS,
        0,
        from,
        weights,
        slots,
        positions,
        to,
        width,
        (int) k,
        count * width);
  }

  /** Elements that are loaded as one word, where rows begin at such words. */
  private long packed(long addresses) {
    long word = WORD_BYTES / row.dtype().bytes();
    boolean whole = row.shape().dim(1) % word == 0 && addresses % WORD_BYTES == 0;
    return whole ? word : 1;
  }

  /** Words of a row. */
  private long width(long addresses) {
    return row.shape().dim(1) / packed(addresses);
  }

  private String pack(long addresses) {
    return suffix(row.dtype()) + "_" + packed(addresses);
  }
}
