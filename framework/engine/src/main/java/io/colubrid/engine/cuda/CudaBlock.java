package io.colubrid.engine.cuda;

import io.colubrid.engine.memory.Block;
import java.lang.foreign.MemorySegment;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;

/**
 * A piece of a GPU's memory. Copies go through the device's stream, so they come behind what was
 * launched before; a segment that was written is free again when the call returns, though it may
 * not have arrived.
 */
final class CudaBlock implements Block {
  private final CudaDevice device;
  private final String name;
  private final BlockCache.Piece piece;
  private final CUdeviceptr pointer;

  /**
   * @param piece the memory, owned by this block from now on
   */
  CudaBlock(CudaDevice device, String name, BlockCache.Piece piece) {
    this.device = device;
    this.name = name;
    this.piece = piece;
    this.pointer = DeviceAddress.pointer(piece.address());
  }

  @Override
  public long address() {
    return piece.address();
  }

  @Override
  public void write(long offset, MemorySegment from) {
    device.enter();
    device.staging().write(pointer.withByteOffset(offset), from, "writing '" + name + "'");
  }

  @Override
  public void read(long offset, MemorySegment to) {
    device.enter();
    device.staging().read(pointer.withByteOffset(offset), to, "reading '" + name + "'");
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
    device.cache().release(piece);
  }
}
