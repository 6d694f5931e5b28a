package io.colubrid.engine.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What this machine can do at best, measured with all threads of a pool: the ceilings that a
 * benchmark's results are to be read against.
 *
 * @param threads that measured
 * @param fmaGflops single-precision multiply-adds in registers, in GFLOP/s, an addition and a
 *     multiplication counting one each
 * @param gemmGflops single-precision product of 1024 x 1024 matrices, in GFLOP/s
 * @param readGigabytes reading memory beyond the caches, in 10⁹ bytes a second
 * @param copyGigabytes copying it, bytes read plus bytes written
 * @param dispatchMicros handing an empty task to every thread and waiting for it, in microseconds
 */
public record MachineLimits(
    int threads,
    double fmaGflops,
    double gemmGflops,
    double readGigabytes,
    double copyGigabytes,
    double dispatchMicros) {

  private static final long BYTES = 256L << 20;
  private static final long GRAIN = 1 << 16;
  private static final int GEMM_SIZE = 1024;
  private static final int TILE_STEPS = 256;
  private static final int TILES_PER_TASK = 2_000;
  private static final int TRIALS = 9;

  /** Measures for about two seconds; what else runs on the machine lowers the figures. */
  public static MachineLimits measure(WorkerPool pool, Blas blas) {
    return measure(pool, blas, BYTES);
  }

  /** Measures on so many bytes of memory, which must not fit into the caches. */
  static MachineLimits measure(WorkerPool pool, Blas blas, long bytes) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment a = arena.allocate(bytes, 64);
      MemorySegment b = arena.allocate(bytes, 64);
      Arithmetic type = Arithmetic.f32();
      long elements = bytes / Float.BYTES;
      pool.forEachRange(
          elements,
          GRAIN,
          (from, to) -> {
            type.fill(0.5, a.address() + from * Float.BYTES, to - from);
            type.fill(0.25, b.address() + from * Float.BYTES, to - from);
          });
      double fma = fma(pool, type, a.address(), b.address());
      double gemm = gemm(type, blas, a, b);
      double read =
          bytes
              / best(
                  () ->
                      pool.forEachRange(
                          elements,
                          GRAIN,
                          (from, to) ->
                              consume(type.sum(a.address() + from * Float.BYTES, to - from))));
      double copy =
          2
              * bytes
              / best(
                  () ->
                      pool.forEachRange(
                          bytes,
                          GRAIN,
                          (from, to) ->
                              Copies.bytes(a.address() + from, b.address() + from, to - from)));
      double dispatch = dispatch(pool);
      return new MachineLimits(pool.threads(), fma, gemm, read, copy, dispatch / 1000);
    }
  }

  private static double gemm(Arithmetic type, Blas blas, MemorySegment a, MemorySegment c) {
    int n = GEMM_SIZE;
    double nanos =
        best(() -> blas.gemm(type, false, false, n, n, n, 1, a, 0, n, a, 0, n, 0, c, 0, n));
    return 2.0 * n * n * n / nanos;
  }

  private static void consume(double value) {
    if (Double.isNaN(value)) {
      throw new AssertionError("the sum of finite numbers is not a number");
    }
  }

  /** The tile of the product in Java: twelve sums in registers, its operands in the first cache. */
  private static double fma(WorkerPool pool, Arithmetic type, long a, long b) {
    long stride = 1 << 16;
    double nanos =
        best(
            () ->
                pool.forEachTask(
                    pool.threads(),
                    thread -> {
                      for (int i = 0; i < TILES_PER_TASK; i++) {
                        type.tile(a, a + stride, TILE_STEPS, b + thread * stride);
                      }
                    }));
    double operations =
        2.0 * type.tileRows * type.tileColumns * TILE_STEPS * TILES_PER_TASK * pool.threads();
    return operations / nanos;
  }

  private static double dispatch(WorkerPool pool) {
    int dispatches = 1_000;
    return best(
            () -> {
              for (int i = 0; i < dispatches; i++) {
                pool.forEachTask(pool.threads(), thread -> {});
              }
            })
        / dispatches;
  }

  /** Nanoseconds of the fastest of some trials, the first of which warm up the compiler. */
  private static double best(Runnable work) {
    long best = Long.MAX_VALUE;
    for (int trial = 0; trial < TRIALS; trial++) {
      long start = System.nanoTime();
      work.run();
      best = Math.min(best, System.nanoTime() - start);
    }
    return best;
  }
}
