package io.colubrid.engine.cuda;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.backend.Hardware;
import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.meta.MetaBackend;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Program;
import io.colubrid.engine.tape.Recorder;

/** A GPU: cuBLAS for products, kernels of our own for everything else, programs as graphs. */
public final class CudaBackend implements Backend {
  private static final int SPARE_PART = 16;

  private final int ordinal;
  private final GraphMode graphs;
  private final CudaDevice device;
  private final Launches launches;
  private final Memory memory;
  private final boolean owner;

  /**
   * Opens {@code cuda:ordinal}.
   *
   * @throws CudaException if it cannot be used, saying why and what to do
   */
  public CudaBackend(int ordinal) {
    this(ordinal, GraphMode.chosen());
  }

  /** The same, with a say in whether programs are captured as graphs. */
  public CudaBackend(int ordinal, GraphMode graphs) {
    CudaProbe.run().require(ordinal);
    this.ordinal = ordinal;
    this.graphs = graphs;
    this.device = CudaDevice.open(ordinal);
    this.launches = new Launches(device);
    this.memory = Memory.of(new CudaAllocator(device));
    this.owner = true;
  }

  private CudaBackend(CudaBackend other) {
    this.ordinal = other.ordinal;
    this.graphs = other.graphs;
    this.device = other.device;
    this.launches = other.launches;
    this.memory = Memory.of(new CudaAllocator(device));
    this.owner = false;
  }

  /** The same GPU with a count of memory of its own; closing it leaves the GPU open. */
  public CudaBackend apart() {
    return new CudaBackend(this);
  }

  /** A stand-in that plans for a GPU without one. */
  public static Backend meta(int ordinal) {
    return new MetaBackend("cuda:" + ordinal, Recorder.Bodies.CUDA, CudaKernelFactory::workspace);
  }

  @Override
  public String name() {
    return "cuda:" + ordinal;
  }

  /** The GPU that this is. */
  public CudaGpu gpu() {
    return CudaGpu.all().get(ordinal);
  }

  @Override
  public Hardware hardware() {
    device.enter();
    return new Hardware("cuda", device.name(), 0, 0, device.cublasVersion());
  }

  @Override
  public Memory memory() {
    return memory;
  }

  CudaDevice device() {
    return device;
  }

  GraphMode graphs() {
    return graphs;
  }

  Launches launches() {
    return launches;
  }

  @Override
  public Recorder.Bodies bodies() {
    return Recorder.Bodies.CUDA;
  }

  @Override
  public long workspace(Node node) {
    return CudaKernelFactory.workspace(node);
  }

  /** A part of all memory, not of what is free: the bits of results may depend on it. */
  @Override
  public long spareBytes() {
    device.enter();
    return device.memory().total() / SPARE_PART;
  }

  @Override
  public Executable prepare(String name, Program program) {
    return new CudaExecutable(this, name, program);
  }

  @Override
  public void close() {
    if (owner) {
      device.settle();
      launches.close();
      device.close();
    }
  }
}
