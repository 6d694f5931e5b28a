package io.colubrid.engine.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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
  private static final long ALIGNMENT = 64;

  private final boolean meta;
  private final boolean tracing;
  private final Set<Storage> live = Collections.newSetFromMap(new IdentityHashMap<>());
  private long liveBytes;
  private long peakBytes;

  private Memory(boolean meta, boolean tracing) {
    this.meta = meta;
    this.tracing = tracing;
  }

  /** Off-heap memory of this machine. */
  public static Memory cpu() {
    return new Memory(false, false);
  }

  /** Off-heap memory that remembers where each piece was allocated, to find leaks. */
  public static Memory tracingCpu() {
    return new Memory(false, true);
  }

  /** Sizes without memory. */
  public static Memory meta() {
    return new Memory(true, false);
  }

  public boolean isMeta() {
    return meta;
  }

  /** New memory, zeroed and aligned to 64 bytes. */
  public Storage allocate(String name, long bytes) {
    Throwable birth = tracing ? new Throwable("'" + name + "' was allocated here") : null;
    Storage storage = meta ? metaStorage(name, bytes) : cpuStorage(name, bytes, birth);
    synchronized (this) {
      live.add(storage);
      liveBytes += bytes;
      peakBytes = Math.max(peakBytes, liveBytes);
    }
    return storage;
  }

  private Storage metaStorage(String name, long bytes) {
    return new Storage(this, name, bytes, null, null, () -> {});
  }

  @SuppressWarnings({"restricted", "MustBeClosedChecker"}) // the storage closes the arena
  private Storage cpuStorage(String name, long bytes, @Nullable Throwable birth) {
    Arena arena = Arena.ofShared();
    MemorySegment owned;
    try {
      owned = arena.allocate(Math.max(bytes, ALIGNMENT), ALIGNMENT);
    } catch (OutOfMemoryError e) {
      arena.close();
      throw new OutOfMemoryException(name, bytes, liveBytes(), e);
    }
    // Kernels get a view without a lifetime check an access; the engine closes storages only when
    // nothing runs.
    MemorySegment view = MemorySegment.ofAddress(owned.address()).reinterpret(bytes);
    return new Storage(this, name, bytes, view, birth, arena::close);
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
