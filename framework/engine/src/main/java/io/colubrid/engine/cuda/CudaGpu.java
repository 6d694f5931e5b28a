package io.colubrid.engine.cuda;

import java.util.List;
import java.util.stream.IntStream;

/**
 * A GPU as its driver describes it.
 *
 * @param ordinal which one it is, from 0
 * @param name such as {@code NVIDIA H100 80GB HBM3}
 * @param capability compute capability, such as 90 for 9.0
 * @param multiprocessors that run blocks at once
 * @param kilohertz highest clock of the multiprocessors
 * @param freeBytes of its memory, now; {@link #UNKNOWN} where no context can be had on it
 * @param totalBytes of its memory
 */
public record CudaGpu(
    int ordinal,
    String name,
    int capability,
    int multiprocessors,
    int kilohertz,
    long freeBytes,
    long totalBytes) {
  /** In place of what the driver did not tell. */
  public static final long UNKNOWN = -1;

  /** The compute capability that has kernels of its own, with clusters of blocks. */
  static final int HOPPER = 90;

  /** What its special function units can start in a clock. */
  private static final int EXPONENTIALS_A_CLOCK = 16;

  /** All GPUs that the driver shows; none where {@link CudaProbe} found a problem. */
  public static List<CudaGpu> all() {
    CudaProbe probe = CudaProbe.run();
    return Driver.open().stream()
        .flatMap(driver -> IntStream.range(0, probe.devices()).mapToObj(driver::gpu))
        .toList();
  }

  /** Exponentials a second at best, in 10⁹: none of its kernels can do more. */
  public double gigaexponentials() {
    return (double) EXPONENTIALS_A_CLOCK * multiprocessors * kilohertz / 1e6;
  }

  /** In one line, for people. */
  @Override
  public String toString() {
    return "%s, %d multiprocessors, capability %d.%d, %.1f GB%s"
        .formatted(
            name,
            multiprocessors,
            capability / 10,
            capability % 10,
            totalBytes / 1e9,
            freeBytes == UNKNOWN ? "" : " of which %.1f are free".formatted(freeBytes / 1e9));
  }
}
