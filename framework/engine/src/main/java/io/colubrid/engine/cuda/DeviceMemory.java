package io.colubrid.engine.cuda;

import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** Memory as the driver of the current device hands it out. */
record DeviceMemory(CudaDevice device) implements BlockCache.Source {

  @Override
  public long take(long bytes) {
    CUdeviceptr pointer = new CUdeviceptr();
    int result = JCudaDriver.cuMemAlloc(pointer, bytes);
    if (result == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
      return 0;
    }
    CudaCheck.driver(result, "allocating memory");
    return DeviceAddress.of(pointer);
  }

  @Override
  public void giveBack(long address) {
    device.synchronize("releasing memory");
    CudaCheck.driver(JCudaDriver.cuMemFree(DeviceAddress.pointer(address)), "releasing memory");
  }
}
