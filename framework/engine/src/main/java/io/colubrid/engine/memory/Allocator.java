package io.colubrid.engine.memory;

/** Where a {@link Memory} gets its blocks. */
@FunctionalInterface
public interface Allocator {
  /**
   * New memory, zeroed and aligned to 64 bytes at least.
   *
   * @throws OutOfMemoryException if the device has too little
   */
  Block allocate(String name, long bytes, Memory asking);
}
