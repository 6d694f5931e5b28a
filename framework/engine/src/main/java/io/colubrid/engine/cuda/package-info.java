/**
 * The {@code cuda:N} devices, through JCuda's driver API and JCublas. Nothing outside this package
 * names a class of JCuda, and nothing in it does before {@link io.colubrid.engine.cuda.CudaProbe}
 * has found a driver.
 */
@org.jspecify.annotations.NullMarked
package io.colubrid.engine.cuda;
