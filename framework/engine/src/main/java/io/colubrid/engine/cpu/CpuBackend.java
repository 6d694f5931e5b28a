package io.colubrid.engine.cpu;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.backend.Hardware;
import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.meta.MetaBackend;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Program;
import io.colubrid.engine.tape.Recorder;

/** This machine's processors: BLAS for products, the Vector API for everything else. */
public final class CpuBackend implements Backend {
  private final Memory memory;
  private final WorkerPool pool;
  private final Blas blas;

  public CpuBackend() {
    this(Memory.cpu(), new WorkerPool());
  }

  /** A backend whose leaks can be found, or with another number of threads. */
  public CpuBackend(Memory memory, WorkerPool pool) {
    this.memory = memory;
    this.pool = pool;
    this.blas = Blas.select(pool);
  }

  /** A stand-in that plans for this machine without allocating. */
  public static Backend meta() {
    int threads = WorkerPool.defaultThreads();
    return new MetaBackend("cpu", Recorder.Bodies.FAST, node -> CpuWorkspace.bytes(node, threads));
  }

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public Hardware hardware() {
    return new Hardware("cpu", "cpu", pool.threads(), vectorBits(), blas.name());
  }

  @Override
  public Memory memory() {
    return memory;
  }

  public WorkerPool pool() {
    return pool;
  }

  public Blas blas() {
    return blas;
  }

  /** Width of the vectors that kernels compute with, in bits; 0 where they compute in scalars. */
  public int vectorBits() {
    return Arithmetic.f32() instanceof VectorArithmetic ? VectorMath.SPECIES.vectorBitSize() : 0;
  }

  @Override
  public Recorder.Bodies bodies() {
    return Recorder.Bodies.FAST;
  }

  @Override
  public long workspace(Node node) {
    return CpuWorkspace.bytes(node, pool.threads());
  }

  @Override
  public Executable prepare(String name, Program program) {
    return new CpuExecutable(this, name, program);
  }

  @Override
  public void close() {
    pool.close();
  }
}
