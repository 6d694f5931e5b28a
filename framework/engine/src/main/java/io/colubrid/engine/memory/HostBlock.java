package io.colubrid.engine.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Off-heap memory of this machine. */
final class HostBlock implements Block {
  private static final long ALIGNMENT = 64;

  private final Arena arena;
  private final MemorySegment segment;

  private HostBlock(Arena arena, MemorySegment segment) {
    this.arena = arena;
    this.segment = segment;
  }

  @SuppressWarnings({"restricted", "MustBeClosedChecker"}) // the block closes the arena
  static HostBlock allocate(String name, long bytes, Memory asking) {
    Arena arena = Arena.ofShared();
    MemorySegment owned;
    try {
      owned = arena.allocate(Math.max(bytes, ALIGNMENT), ALIGNMENT);
    } catch (OutOfMemoryError e) {
      arena.close();
      throw new OutOfMemoryException(name, bytes, asking.liveBytes(), e);
    }
    // Kernels get a view without a lifetime check an access; the engine closes storages only when
    // nothing runs.
    MemorySegment view = MemorySegment.ofAddress(owned.address()).reinterpret(bytes);
    return new HostBlock(arena, view);
  }

  MemorySegment segment() {
    return segment;
  }

  @Override
  public long address() {
    return segment.address();
  }

  @Override
  public void write(long offset, MemorySegment from) {
    MemorySegment.copy(from, 0, segment, offset, from.byteSize());
  }

  @Override
  public void read(long offset, MemorySegment to) {
    MemorySegment.copy(segment, offset, to, 0, to.byteSize());
  }

  @Override
  public void fill(long offset, long bytes, byte value) {
    segment.asSlice(offset, bytes).fill(value);
  }

  @Override
  public void close() {
    arena.close();
  }
}
