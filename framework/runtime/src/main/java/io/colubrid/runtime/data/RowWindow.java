package io.colubrid.runtime.data;

import java.util.ArrayList;
import java.util.List;

/**
 * Shuffles the rows of a stream a window at a time. Rows that are cut from a stream one behind the
 * other are mostly of one document, and so of one language or author; a batch of neighbours would
 * be as well.
 *
 * <p>A window ends where an epoch does, so that no token comes twice before all have come once. Its
 * order is keyed by the seed and the place where it begins, so it needs nothing of what came
 * before.
 */
final class RowWindow {
  /** Enough for rows of dozens of documents, few enough to find their beginnings at once. */
  static final int ROWS = 256;

  private final ChunkStream stream;
  private final int length;
  private final long seed;
  private final List<DataPosition> beginnings = new ArrayList<>(ROWS);
  private DataPosition after = DataPosition.START;
  private KeyedPermutation order = new KeyedPermutation(1, 0);
  private int used;

  /**
   * @param length tokens of a row
   */
  RowWindow(ChunkStream stream, int length, long seed) {
    this.stream = stream;
    this.length = length;
    this.seed = seed;
    open(stream.position());
  }

  private void open(DataPosition begin) {
    stream.seek(begin);
    beginnings.clear();
    used = 0;
    after = begin;
    while (beginnings.size() < ROWS && after.epoch() == begin.epoch()) {
      beginnings.add(after);
      stream.skip(length);
      after = stream.position();
    }
    long place = ContentHash.mix(ContentHash.mix(begin.epoch()) ^ begin.chunk()) ^ begin.offset();
    order = new KeyedPermutation(beginnings.size(), ContentHash.mix(seed) ^ ContentHash.mix(place));
  }

  /** The window, and how many of its rows were taken. */
  DataPosition position() {
    if (used == beginnings.size()) {
      return after;
    }
    DataPosition begin = beginnings.getFirst();
    return new DataPosition(begin.epoch(), begin.chunk(), begin.offset(), used);
  }

  void seek(DataPosition position) {
    open(position);
    ChunkStream.requireWithin("row", position.row(), beginnings.size());
    used = position.row();
  }

  /** Puts the stream at the beginning of the row that comes next, and counts that row as used. */
  void enterRow() {
    if (used == beginnings.size()) {
      open(after);
    }
    stream.seek(beginnings.get((int) order.at(used)));
    used++;
  }
}
