package io.colubrid.engine.cuda;

import io.colubrid.engine.memory.Allocator;
import io.colubrid.engine.memory.Block;
import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.memory.OutOfMemoryException;

/**
 * Hands out memory of a GPU, what was released before first. A program's temporaries are one arena,
 * so pieces are few and large and live as long as what they were taken for; nothing is taken while
 * a step runs.
 */
record CudaAllocator(CudaDevice device) implements Allocator {

  @Override
  public Block allocate(String name, long bytes, Memory asking) {
    device.enter();
    BlockCache.Piece piece = device.cache().take(bytes);
    if (piece == null) {
      CudaDevice.Bytes memory = device.memory();
      throw OutOfMemoryException.onDevice(
          name, bytes, asking.liveBytes(), memory.free(), memory.total());
    }
    CudaBlock block = new CudaBlock(device, name, piece);
    block.fill(0, piece.bytes(), (byte) 0);
    return block;
  }
}
