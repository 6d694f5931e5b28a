package io.colubrid.engine.memory;

import java.lang.foreign.MemorySegment;

/** Memory as a device hands it out. */
public interface Block extends AutoCloseable {
  /** Where it begins, as the device's kernels see it. */
  long address();

  /** Copies bytes of the host into this block, behind whatever the device was told before. */
  void write(long offset, MemorySegment from);

  /** Copies bytes of this block to the host, once the device has done what it was told. */
  void read(long offset, MemorySegment to);

  /** Sets a range of bytes. */
  void fill(long offset, long bytes, byte value);

  @Override
  void close();
}
