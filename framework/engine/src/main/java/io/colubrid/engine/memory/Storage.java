package io.colubrid.engine.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import java.util.function.Function;
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

  /**
   * Lets the host change some bytes: in place on the CPU, elsewhere in a copy that is written back.
   * The segment is valid only while the editor runs.
   */
  public void edit(long offset, long count, Consumer<MemorySegment> editor) {
    if (block() instanceof HostBlock host) {
      editor.accept(host.segment().asSlice(offset, count));
      return;
    }
    try (Arena arena = Arena.ofShared()) {
      MemorySegment copy = arena.allocate(Math.max(1, count), Long.BYTES).asSlice(0, count);
      read(offset, copy);
      editor.accept(copy);
      write(offset, copy);
    }
  }

  /**
   * Shows some bytes to the host: themselves on the CPU, elsewhere a copy. The segment is valid
   * only while the reader runs.
   */
  public <T> T view(long offset, long count, Function<MemorySegment, T> reader) {
    if (block() instanceof HostBlock host) {
      return reader.apply(host.segment().asSlice(offset, count).asReadOnly());
    }
    try (Arena arena = Arena.ofShared()) {
      MemorySegment copy = arena.allocate(Math.max(1, count), Long.BYTES).asSlice(0, count);
      read(offset, copy);
      return reader.apply(copy.asReadOnly());
    }
  }

  /** Sets all bytes to zero. */
  public void clear() {
    fill(0, bytes, (byte) 0);
  }

  /** Sets a range of bytes to one value. */
  public void fill(long offset, long count, byte value) {
    block().fill(offset, count, value);
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
