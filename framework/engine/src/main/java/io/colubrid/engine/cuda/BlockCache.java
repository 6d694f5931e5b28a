package io.colubrid.engine.cuda;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Pieces of a GPU's memory that were released and wait to be asked for again, since the driver
 * stops the GPU to take one back. All that runs on a device runs on one stream, so a piece can be
 * given away while what used it before still runs.
 */
final class BlockCache implements AutoCloseable {
  private static final long SMALLEST = 256;

  /** Asked for so many bytes, the cache may give up to a quarter more; for less, what was asked. */
  private static final long LARGE = 2 << 20;

  private static final long SLACK_PART = 4;

  private final Source source;
  private final long most;

  /** In the order of their release. */
  private final ArrayDeque<Piece> released = new ArrayDeque<>();

  private long releasedBytes;

  /** Where memory comes from. */
  interface Source {
    /** The address of new memory, or 0 if there is too little. */
    long take(long bytes);

    void giveBack(long address);
  }

  /** Memory that belongs to whoever took it. */
  record Piece(long address, long bytes) {}

  /**
   * @param most bytes that are kept; beyond that the oldest go back
   */
  BlockCache(Source source, long most) {
    this.source = source;
    this.most = most;
  }

  /**
   * Memory of so many bytes, or some more where they are many; null if there is too little, with
   * nothing kept.
   */
  synchronized @Nullable Piece take(long asked) {
    long bytes = Math.max(asked, SMALLEST);
    Piece kept = closest(bytes);
    if (kept != null) {
      released.remove(kept);
      releasedBytes -= kept.bytes();
      return kept;
    }
    long address = source.take(bytes);
    if (address == 0 && !released.isEmpty()) {
      giveAllBack();
      address = source.take(bytes);
    }
    return address == 0 ? null : new Piece(address, bytes);
  }

  /** The smallest piece that serves, or null. */
  private @Nullable Piece closest(long bytes) {
    long enough = bytes < LARGE ? bytes : bytes + bytes / SLACK_PART;
    Piece closest = null;
    for (Piece piece : released) {
      boolean serves = piece.bytes() >= bytes && piece.bytes() <= enough;
      if (serves && (closest == null || piece.bytes() < closest.bytes())) {
        closest = piece;
      }
    }
    return closest;
  }

  /** Takes a piece back, for the next that asks for as much. */
  synchronized void release(Piece piece) {
    released.add(piece);
    releasedBytes += piece.bytes();
    while (releasedBytes > most) {
      giveOldestBack();
    }
  }

  private void giveOldestBack() {
    Piece oldest = released.remove();
    releasedBytes -= oldest.bytes();
    source.giveBack(oldest.address());
  }

  /** Gives back what was released. */
  synchronized void giveAllBack() {
    while (!released.isEmpty()) {
      giveOldestBack();
    }
  }

  @Override
  public void close() {
    giveAllBack();
  }
}
