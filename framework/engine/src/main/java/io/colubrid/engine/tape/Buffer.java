package io.colubrid.engine.tape;

import io.colubrid.engine.memory.Storage;
import org.jspecify.annotations.Nullable;

/**
 * Where the elements of one or more values lie. A persistent buffer (parameters, states, inputs)
 * has a storage of its own; a temporary one gets a place in its program's arena while it is in use.
 */
public final class Buffer {
  private final long bytes;
  private final @Nullable Storage storage;

  private Buffer(long bytes, @Nullable Storage storage) {
    this.bytes = bytes;
    this.storage = storage;
  }

  static Buffer temporary(long bytes) {
    return new Buffer(bytes, null);
  }

  static Buffer of(Storage storage) {
    return new Buffer(storage.bytes(), storage);
  }

  public long bytes() {
    return bytes;
  }

  public boolean isPersistent() {
    return storage != null;
  }

  /**
   * The storage of a persistent buffer.
   *
   * @throws IllegalStateException if this buffer is temporary
   */
  public Storage storage() {
    if (storage == null) {
      throw new IllegalStateException("a temporary buffer has no storage of its own");
    }
    return storage;
  }
}
