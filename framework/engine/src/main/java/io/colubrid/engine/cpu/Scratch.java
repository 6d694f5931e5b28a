package io.colubrid.engine.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Working memory of the calling thread for partial results, kept from call to call. A kernel takes
 * it once and is done with it before it returns.
 */
final class Scratch {

  private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::new);

  private MemorySegment memory = MemorySegment.NULL;

  private Scratch() {}

  /** The address of so many bytes, aligned to a cache line; what they hold is left over. */
  static long bytes(long bytes) {
    Scratch own = OF_THREAD.get();
    if (own.memory.byteSize() < bytes) {
      // Never unreachable while in use: the thread that uses it holds it.
      own.memory = Arena.ofAuto().allocate(Math.max(bytes, 2 * own.memory.byteSize()), 64);
    }
    return own.memory.address();
  }
}
