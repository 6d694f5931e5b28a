package io.colubrid.engine.backend;

/**
 * What the bits that a device computes depend on.
 *
 * @param kind {@code cpu} or {@code cuda}
 * @param name the product, such as {@code NVIDIA H100 80GB HBM3}; {@code cpu} for this machine's
 *     processor
 * @param threads that kernels divide their work by; 0 where that is fixed
 * @param vectorBits width of the vectors that kernels compute with; 0 for scalars
 * @param blas name and version of the matrix products' library
 */
public record Hardware(String kind, String name, int threads, int vectorBits, String blas) {}
