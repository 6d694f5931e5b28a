package io.colubrid.engine.device;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.cuda.CudaBackend;
import io.colubrid.spi.tensor.Device;

/** Finds the backend of a device. */
public final class Devices {
  private Devices() {}

  /**
   * Opens a device.
   *
   * @throws io.colubrid.engine.cuda.CudaException if it cannot be used, saying what is missing and
   *     what to do
   */
  public static Backend open(Device device) {
    return switch (device.kind()) {
      case CPU -> new CpuBackend();
      case CUDA -> new CudaBackend(device.index());
    };
  }

  /** A stand-in for a device that need not be there, with sizes and no memory. */
  public static Backend meta(Device device) {
    return switch (device.kind()) {
      case CPU -> CpuBackend.meta();
      case CUDA -> CudaBackend.meta(device.index());
    };
  }
}
