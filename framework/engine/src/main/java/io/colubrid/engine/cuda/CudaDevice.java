package io.colubrid.engine.cuda;

import java.nio.charset.StandardCharsets;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasPointerMode;
import jcuda.runtime.cudaStream_t;

/**
 * One GPU with its primary context, a stream that everything runs on, and cuBLAS with a workspace
 * of its own, so that a product takes the same way each time and can be captured.
 */
final class CudaDevice implements AutoCloseable {
  /** What cuBLAS recommends on Hopper. */
  private static final long CUBLAS_WORKSPACE = 32L << 20;

  private static final int NAME_BYTES = 256;

  /** Released memory that is kept is at most this part of all: others may want the rest. */
  private static final int CACHED_PART = 8;

  private final int ordinal;
  private final CUdevice device = new CUdevice();
  private final CUcontext context = new CUcontext();
  private final EarlyLaunch.Stream stream = new EarlyLaunch.Stream();
  private final cublasHandle cublas = new cublasHandle();
  private final CUdeviceptr workspace = new CUdeviceptr();
  private final CublasLibrary.Found found;
  private final Staging staging;
  private final BlockCache cache;

  private CudaDevice(int ordinal, CublasLibrary.Found found) {
    this.ordinal = ordinal;
    this.found = found;
    CudaCheck.driver(JCudaDriver.cuInit(0), "starting CUDA");
    CudaCheck.driver(JCudaDriver.cuDeviceGet(device, ordinal), "opening cuda:" + ordinal);
    CudaCheck.driver(
        JCudaDriver.cuDevicePrimaryCtxRetain(context, device), "a context on cuda:" + ordinal);
    enter();
    CudaCheck.driver(
        JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING), "a stream");
    CudaCheck.cublas(JCublas2.cublasCreate(cublas), "starting " + found);
    CudaCheck.cublas(JCublas2.cublasSetStream(cublas, new cudaStream_t(stream)), "cuBLAS's stream");
    CudaCheck.driver(JCudaDriver.cuMemAlloc(workspace, CUBLAS_WORKSPACE), "cuBLAS's workspace");
    CudaCheck.cublas(
        JCublas2.cublasSetWorkspace(cublas, workspace, CUBLAS_WORKSPACE), "cuBLAS's workspace");
    CudaCheck.cublas(
        JCublas2.cublasSetPointerMode(cublas, cublasPointerMode.CUBLAS_POINTER_MODE_HOST),
        "cuBLAS's pointer mode");
    this.staging = new Staging(this);
    this.cache = new BlockCache(new DeviceMemory(this), memory().total() / CACHED_PART);
  }

  /**
   * Opens a GPU that {@link CudaProbe} has seen.
   *
   * @throws CudaException if there is no cuBLAS, saying what to do
   */
  static CudaDevice open(int ordinal) {
    CublasLibrary.Found cublas = CublasLibrary.load();
    JCudaLibraries.load();
    return new CudaDevice(ordinal, cublas);
  }

  /** Makes this device's context current on the calling thread. */
  void enter() {
    CudaCheck.driver(JCudaDriver.cuCtxSetCurrent(context), "entering cuda:" + ordinal);
  }

  EarlyLaunch.Stream stream() {
    return stream;
  }

  /** What copies between the host and this device go through. */
  Staging staging() {
    return staging;
  }

  /** Where its memory is taken from, and goes back to. */
  BlockCache cache() {
    return cache;
  }

  cublasHandle cublas() {
    return cublas;
  }

  /** The cuBLAS that computes here. */
  CublasLibrary.Found found() {
    return found;
  }

  /** The library of matrix products, such as {@code cuBLAS 13.2.1}. */
  String cublasVersion() {
    return "cuBLAS " + found.version();
  }

  /** The GPU's name, such as {@code NVIDIA H100 80GB HBM3}. */
  String name() {
    byte[] name = new byte[NAME_BYTES];
    CudaCheck.driver(JCudaDriver.cuDeviceGetName(name, name.length, device), "the GPU's name");
    int end = 0;
    while (end < name.length && name[end] != 0) {
      end++;
    }
    return new String(name, 0, end, StandardCharsets.UTF_8);
  }

  int multiprocessors() {
    return attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  }

  /** Compute capability, such as 90 for 9.0. */
  int capability() {
    return 10 * attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
        + attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  }

  private int attribute(int which) {
    int[] value = new int[1];
    CudaCheck.driver(JCudaDriver.cuDeviceGetAttribute(value, which, device), "the GPU's sizes");
    return value[0];
  }

  /** Bytes of memory: those that are free, and all. */
  Bytes memory() {
    long[] free = new long[1];
    long[] total = new long[1];
    CudaCheck.driver(JCudaDriver.cuMemGetInfo(free, total), "the GPU's memory");
    return new Bytes(free[0], total[0]);
  }

  /** Bytes of a device's memory. */
  record Bytes(long free, long total) {}

  /** Waits until everything on the stream has run; failures of kernels show here. */
  void synchronize(String doing) {
    CudaCheck.driver(JCudaDriver.cuStreamSynchronize(stream), doing);
  }

  /** Waits for all that was launched; whatever of it fails was asked for by nobody. */
  void settle() {
    enter();
    JCudaDriver.cuStreamSynchronize(stream);
  }

  @Override
  public void close() {
    settle();
    cache.close();
    staging.close();
    JCublas2.cublasDestroy(cublas);
    JCudaDriver.cuMemFree(workspace);
    JCudaDriver.cuStreamDestroy(stream);
    JCudaDriver.cuDevicePrimaryCtxRelease(device);
  }
}
