package io.colubrid.runtime.data;

import java.lang.foreign.MemorySegment;

/**
 * A sequence of documents, each at least one byte long, with access by index from any thread.
 *
 * <p>Index and length are known without touching the bytes.
 */
public interface Documents {
  /** How many documents there are. */
  long size();

  /** Bytes of document {@code index}. */
  long length(long index);

  /**
   * The bytes of document {@code index}, read-only: a view of a mapped file, or a copy of a small
   * one.
   *
   * @throws DataException if the file behind it cannot be read any more
   * @throws IndexOutOfBoundsException unless {@code 0 <= index < size()}
   */
  MemorySegment get(long index);
}
