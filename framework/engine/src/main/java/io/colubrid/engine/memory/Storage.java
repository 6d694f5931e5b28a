package io.colubrid.engine.memory;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A piece of memory with a name, owned until it is closed. On a meta device it has only a size. */
public final class Storage implements AutoCloseable {
  private final Memory owner;
  private final String name;
  private final long bytes;
  private final @Nullable MemorySegment segment;
  private final @Nullable Throwable birth;
  private final Runnable release;
  private boolean closed;

  Storage(
      Memory owner,
      String name,
      long bytes,
      @Nullable MemorySegment segment,
      @Nullable Throwable birth,
      Runnable release) {
    this.owner = owner;
    this.name = name;
    this.bytes = bytes;
    this.segment = segment;
    this.birth = birth;
    this.release = release;
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
   * @throws IllegalStateException on a meta device, or after {@link #close}
   */
  public MemorySegment segment() {
    if (segment == null) {
      throw new IllegalStateException("'" + name + "' has a size but no memory: it is on meta");
    }
    if (closed) {
      throw new IllegalStateException("'" + name + "' was already released");
    }
    return segment;
  }

  public boolean isMeta() {
    return segment == null;
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
      release.run();
    }
  }

  @Override
  public String toString() {
    return name + " (" + bytes + " bytes)";
  }
}
