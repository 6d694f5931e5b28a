package io.colubrid.runtime.bench;

import io.colubrid.engine.cuda.CudaGpu;

/** A GPU in one line, for people. */
final class GpuText {
  private GpuText() {}

  static String of(CudaGpu gpu) {
    return "%s, %d multiprocessors, capability %d.%d, %.0f GB; CUDA %d.%d of the driver, %s"
        .formatted(
            gpu.name(),
            gpu.multiprocessors(),
            gpu.capability() / 10,
            gpu.capability() % 10,
            gpu.totalBytes() / 1e9,
            gpu.driver() / 1000,
            gpu.driver() % 1000 / 10,
            gpu.cublas());
  }
}
