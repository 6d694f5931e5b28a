package io.colubrid.engine.cuda;

import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;

/** An address as a pointer of JCuda, and the other way round. */
final class DeviceAddress extends Pointer {
  DeviceAddress(long address) {
    super(address);
  }

  /** The address that CUDA wrote into a pointer when it allocated it. */
  static long of(CUdeviceptr pointer) {
    return new Reader(pointer).address();
  }

  static CUdeviceptr pointer(long address) {
    return new CUdeviceptr().withByteOffset(address);
  }

  private static final class Reader extends CUdeviceptr {
    Reader(CUdeviceptr pointer) {
      super(pointer);
    }

    long address() {
      return getNativePointer() + getByteOffset();
    }
  }
}
