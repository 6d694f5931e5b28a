package io.colubrid.engine.cuda;

import java.util.ArrayDeque;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Pieces of a GPU's memory that were released and wait to be asked for again, since the driver
 * stops the GPU to take one back. All that runs on a device runs on one stream, so a piece can be
 * given away while what used it before still runs.
 */
final class BlockCache implements AutoCloseable {
  private static final long SMALLEST = 256;

  /** Pieces of so many bytes serve for what needs at least four fifths of them; others, all. */
  private static final long LARGE = 2 << 20;

  private static final long SLACK_PART = 4;

  private final Source source;
  private final long most;

  /** Released pieces by their bytes, those of one size in the order of their release. */
  private final TreeMap<Long, ArrayDeque<Piece>> released = new TreeMap<>();

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
   * @param most bytes that are kept; more go back at once
   */
  BlockCache(Source source, long most) {
    this.source = source;
    this.most = most;
  }

  /**
   * Memory of so many bytes, or some more where it is large; null if there is too little, with
   * nothing kept.
   */
  synchronized @Nullable Piece take(long asked) {
    long bytes = Math.max(asked, SMALLEST);
    long enough = bytes < LARGE ? bytes : bytes + bytes / SLACK_PART;
    Map.Entry<Long, ArrayDeque<Piece>> known = released.ceilingEntry(bytes);
    if (known != null && known.getKey() <= enough) {
      return reuse(known.getValue());
    }
    long address = source.take(bytes);
    if (address == 0 && releasedBytes > 0) {
      giveAllBack();
      address = source.take(bytes);
    }
    return address == 0 ? null : new Piece(address, bytes);
  }

  private Piece reuse(ArrayDeque<Piece> pieces) {
    Piece piece = pieces.remove();
    if (pieces.isEmpty()) {
      released.remove(piece.bytes());
    }
    releasedBytes -= piece.bytes();
    return piece;
  }

  /** Takes a piece back, for the next that asks for as much. */
  synchronized void release(Piece piece) {
    if (releasedBytes + piece.bytes() > most) {
      source.giveBack(piece.address());
      return;
    }
    released.computeIfAbsent(piece.bytes(), bytes -> new ArrayDeque<>()).add(piece);
    releasedBytes += piece.bytes();
  }

  private void giveAllBack() {
    released.values().forEach(all -> all.forEach(piece -> source.giveBack(piece.address())));
    released.clear();
    releasedBytes = 0;
  }

  /** Gives everything back that was released. */
  @Override
  public synchronized void close() {
    giveAllBack();
  }
}
