package io.colubrid.engine.cuda;

import io.colubrid.engine.memory.Block;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;

/**
 * A piece of a GPU's memory. Copies go through the device's stream, so they come behind what was
 * launched before, and are done when the call returns.
 */
final class CudaBlock implements Block {
  private final CudaDevice device;
  private final String name;
  private final CUdeviceptr pointer;
  private final long address;

  /**
   * @param pointer the memory, owned by this block from now on
   */
  CudaBlock(CudaDevice device, String name, CUdeviceptr pointer) {
    this.device = device;
    this.name = name;
    this.pointer = pointer;
    this.address = DeviceAddress.of(pointer);
  }

  @Override
  public long address() {
    return address;
  }

  @Override
  public void write(long offset, MemorySegment from) {
    device.enter();
    try (HostCopy host = HostCopy.of(from)) {
      CudaCheck.driver(
          JCudaDriver.cuMemcpyHtoDAsync(
              pointer.withByteOffset(offset), host.pointer(), from.byteSize(), device.stream()),
          "writing '" + name + "'");
      device.synchronize("writing '" + name + "'");
    }
  }

  @Override
  public void read(long offset, MemorySegment to) {
    device.enter();
    try (HostCopy host = HostCopy.of(to)) {
      CudaCheck.driver(
          JCudaDriver.cuMemcpyDtoHAsync(
              host.pointer(), pointer.withByteOffset(offset), to.byteSize(), device.stream()),
          "reading '" + name + "'");
      device.synchronize("reading '" + name + "'");
      host.copyBack();
    }
  }

  @Override
  public void fill(long offset, long bytes, byte value) {
    device.enter();
    CudaCheck.driver(
        JCudaDriver.cuMemsetD8Async(pointer.withByteOffset(offset), value, bytes, device.stream()),
        "filling '" + name + "'");
  }

  @Override
  public void close() {
    device.enter();
    device.synchronize("releasing '" + name + "'");
    CudaCheck.driver(JCudaDriver.cuMemFree(pointer), "releasing '" + name + "'");
  }

  /** A segment of the host as JCuda takes it: off the heap, by its address. */
  private record HostCopy(MemorySegment segment, MemorySegment offHeap, Arena arena)
      implements AutoCloseable {
    static HostCopy of(MemorySegment segment) {
      Arena arena = Arena.ofConfined();
      if (segment.isNative()) {
        return new HostCopy(segment, segment, arena);
      }
      MemorySegment copy = arena.allocate(Math.max(1, segment.byteSize()), Long.BYTES);
      MemorySegment.copy(segment, 0, copy, 0, segment.byteSize());
      return new HostCopy(segment, copy, arena);
    }

    Pointer pointer() {
      return new DeviceAddress(offHeap.address());
    }

    void copyBack() {
      if (!segment.isNative()) {
        MemorySegment.copy(offHeap, 0, segment, 0, segment.byteSize());
      }
    }

    @Override
    public void close() {
      arena.close();
    }
  }
}
