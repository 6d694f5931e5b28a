/**
 * The numerics of the CPU: matrix products, functions, reductions, normalisations and copies over
 * off-heap memory, spread over a {@link io.colubrid.engine.cpu.WorkerPool}.
 *
 * <p>Products and spans know no tensors: they take segments or addresses off the heap and counts of
 * elements, and matrices are row-major. What they read must stay allocated during the call; a
 * segment of an automatic arena must be kept reachable by the caller. An output may be one of the
 * inputs where a method says so, and must not overlap them otherwise.
 *
 * <p>Work is cut by shape, never by load, and nothing is summed atomically: the same call on the
 * same number of threads gives the same bits.
 */
@NullMarked
package io.colubrid.engine.cpu;

import org.jspecify.annotations.NullMarked;
