package io.colubrid.engine.memory;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Hands out memory of one device and knows what is out. Everything the engine computes with comes
 * from here, so its live bytes are what a plan predicts.
 */
public final class Memory {
  private final @Nullable Allocator allocator;
  private final boolean tracing;
  private final Set<Storage> live = Collections.newSetFromMap(new IdentityHashMap<>());
  private long liveBytes;
  private long peakBytes;

  private Memory(@Nullable Allocator allocator, boolean tracing) {
    this.allocator = allocator;
    this.tracing = tracing;
  }

  /** Off-heap memory of this machine. */
  public static Memory cpu() {
    return new Memory(HostBlock::allocate, false);
  }

  /** Off-heap memory that remembers where each piece was allocated, to find leaks. */
  public static Memory tracingCpu() {
    return new Memory(HostBlock::allocate, true);
  }

  /** Memory of another device. */
  public static Memory of(Allocator allocator) {
    return new Memory(allocator, false);
  }

  /** Sizes without memory. */
  public static Memory meta() {
    return new Memory(null, false);
  }

  public boolean isMeta() {
    return allocator == null;
  }

  /**
   * New memory, zeroed and aligned to 64 bytes.
   *
   * @throws OutOfMemoryException if the device has too little
   */
  public Storage allocate(String name, long bytes) {
    Throwable birth = tracing ? new Throwable("'" + name + "' was allocated here") : null;
    Block block = allocator == null ? null : allocator.allocate(name, bytes, this);
    Storage storage = new Storage(this, name, bytes, block, birth);
    synchronized (this) {
      live.add(storage);
      liveBytes += bytes;
      peakBytes = Math.max(peakBytes, liveBytes);
    }
    return storage;
  }

  synchronized void released(Storage storage) {
    live.remove(storage);
    liveBytes -= storage.bytes();
  }

  /** Bytes handed out and not released. */
  public synchronized long liveBytes() {
    return liveBytes;
  }

  /** The most bytes that were live at once since {@link #resetPeak}. */
  public synchronized long peakBytes() {
    return peakBytes;
  }

  public synchronized void resetPeak() {
    peakBytes = liveBytes;
  }

  /** What has not been released; a test that expects nothing names these. */
  public synchronized List<Storage> live() {
    return List.copyOf(live);
  }

  /**
   * Fails if anything is still out, naming each piece and where it was born.
   *
   * @throws LeakException if something leaked
   */
  public void requireEmpty() {
    List<Storage> leaked = live();
    if (!leaked.isEmpty()) {
      throw new LeakException(leaked);
    }
  }
}
