package io.colubrid.engine.cuda;

import io.colubrid.engine.memory.Allocator;
import io.colubrid.engine.memory.Block;
import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.memory.OutOfMemoryException;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * Takes memory from the driver. A program's temporaries are one arena, so pieces are few and large
 * and live as long as what they were taken for; nothing is taken while a step runs.
 */
record CudaAllocator(CudaDevice device) implements Allocator {
  private static final long SMALLEST = 256;

  @Override
  public Block allocate(String name, long bytes, Memory asking) {
    device.enter();
    CUdeviceptr pointer = new CUdeviceptr();
    int result = JCudaDriver.cuMemAlloc(pointer, Math.max(bytes, SMALLEST));
    if (result == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
      CudaDevice.Bytes memory = device.memory();
      throw OutOfMemoryException.onDevice(
          name, bytes, asking.liveBytes(), memory.free(), memory.total());
    }
    CudaCheck.driver(result, "allocating '" + name + "'");
    CudaBlock block = new CudaBlock(device, name, pointer);
    block.fill(0, Math.max(bytes, SMALLEST), (byte) 0);
    return block;
  }
}
