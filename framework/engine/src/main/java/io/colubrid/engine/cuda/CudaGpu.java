package io.colubrid.engine.cuda;

/**
 * A GPU as its driver describes it, and the cuBLAS that was loaded for it.
 *
 * @param name such as {@code NVIDIA H100 80GB HBM3}
 * @param capability compute capability, such as 90 for 9.0
 * @param multiprocessors that run blocks at once
 * @param kilohertz highest clock of the multiprocessors
 * @param freeBytes of its memory, now
 * @param totalBytes of its memory
 * @param driver version of the driver's CUDA, such as 13000 for 13.0
 * @param cublas path of the library
 */
public record CudaGpu(
    String name,
    int capability,
    int multiprocessors,
    int kilohertz,
    long freeBytes,
    long totalBytes,
    int driver,
    String cublas) {
  /** What its special function units can start in a clock. */
  private static final int EXPONENTIALS_A_CLOCK = 16;

  /** Exponentials a second at best, in 10⁹: none of its kernels can do more. */
  public double gigaexponentials() {
    return (double) EXPONENTIALS_A_CLOCK * multiprocessors * kilohertz / 1e6;
  }
}
