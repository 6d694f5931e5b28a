package io.colubrid.engine.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import org.jspecify.annotations.Nullable;

/** A piece of memory with a name, owned until it is closed. On a meta device it has only a size. */
public final class Storage implements AutoCloseable {
  private final Memory owner;
  private final String name;
  private final long bytes;
  private final @Nullable Block block;
  private final @Nullable Throwable birth;
  private boolean closed;

  Storage(Memory owner, String name, long bytes, @Nullable Block block, @Nullable Throwable birth) {
    this.owner = owner;
    this.name = name;
    this.bytes = bytes;
    this.block = block;
    this.birth = birth;
  }

  public String name() {
    return name;
  }

  public long bytes() {
    return bytes;
  }

  /**
   * The memory itself, on the CPU.
   *
   * @throws IllegalStateException on another device, or after {@link #close}
   */
  public MemorySegment segment() {
    if (block() instanceof HostBlock host) {
      return host.segment();
    }
    throw new IllegalStateException(
        "'" + name + "' lies on another device; only its copies can be seen on the host");
  }

  /** Where it begins, as the device's kernels see it. */
  public long address() {
    return block().address();
  }

  /** Copies all of a segment of the host to this storage, from an offset on. */
  public void write(long offset, MemorySegment from) {
    block().write(offset, from);
  }

  /** Fills a segment of the host from this storage, from an offset on. */
  public void read(long offset, MemorySegment to) {
    block().read(offset, to);
  }

  /** A copy of some bytes on the host. */
  public MemorySegment copy(long offset, long count, SegmentAllocator allocator) {
    MemorySegment host = allocator.allocate(count, Long.BYTES);
    read(offset, host);
    return host;
  }

  /** Sets all bytes to zero. */
  public void clear() {
    block().fill(0, bytes, (byte) 0);
  }

  private Block block() {
    if (block == null) {
      throw new IllegalStateException("'" + name + "' has a size but no memory: it is on meta");
    }
    if (closed) {
      throw new IllegalStateException("'" + name + "' was already released");
    }
    return block;
  }

  public boolean isMeta() {
    return block == null;
  }

  /** Where it was allocated, if its {@link Memory} traces births. */
  public @Nullable Throwable birth() {
    return birth;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      owner.released(this);
      if (block != null) {
        block.close();
      }
    }
  }

  @Override
  public String toString() {
    return name + " (" + bytes + " bytes)";
  }
}
