package io.colubrid.runtime.bench;

import io.colubrid.engine.cpu.Arithmetic;
import io.colubrid.engine.cpu.Blas;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.memory.Storage;
import java.util.List;

/** A matrix product, [m, k] by [k, n], on native segments. */
final class GemmTrial implements Trial {
  private final Blas blas;
  private final int m;
  private final int n;
  private final int k;
  private final Storage a;
  private final Storage b;
  private final Storage c;

  GemmTrial(CpuBackend backend, int m, int n, int k) {
    this.blas = backend.blas();
    this.m = m;
    this.n = n;
    this.k = k;
    this.a = RandomStorage.floats(backend.memory(), "a", (long) m * k);
    this.b = RandomStorage.floats(backend.memory(), "b", (long) k * n);
    this.c = RandomStorage.floats(backend.memory(), "c", (long) m * n);
  }

  @Override
  public double nanos() {
    long start = System.nanoTime();
    blas.gemm(
        Arithmetic.f32(),
        false,
        false,
        m,
        n,
        k,
        1,
        a.segment(),
        0,
        k,
        b.segment(),
        0,
        n,
        0,
        c.segment(),
        0,
        n);
    return System.nanoTime() - start;
  }

  @Override
  public Workload workload() {
    return new Workload(2.0 * m * n * k, a.bytes() + b.bytes() + c.bytes(), 0);
  }

  @Override
  public void close() {
    List.of(a, b, c).forEach(Storage::close);
  }
}
