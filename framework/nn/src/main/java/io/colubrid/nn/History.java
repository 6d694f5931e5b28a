package io.colubrid.nn;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Finds the positions before a position that belong to its document, padding left out: in the row
 * itself, or in the tail that came in before it.
 */
final class History {
  private static final int NONE = -1;
  private static final int LAST_OF_TAIL = -2;

  private final @Nullable MemorySegment segments;
  private final int length;
  private final boolean reversed;
  private final int[] sources;

  /**
   * @param segments I32 [batch, length], or null if every row is one document
   * @param size how many positions to look back
   * @param reversed whether position 0 is the last of a row
   */
  History(@Nullable MemorySegment segments, int length, int size, boolean reversed) {
    this.segments = segments;
    this.length = length;
    this.reversed = reversed;
    sources = new int[size];
  }

  /** Looks back from a position; from {@code length}, back from behind the last. */
  void locate(int batch, int position) {
    int document = NONE;
    int at = position;
    int fromTail = LAST_OF_TAIL;
    if (segments != null && position < length) {
      document = segment(batch, position);
    }
    for (int i = sources.length - 1; i >= 0; i--) {
      at = before(batch, at);
      if (at < 0) {
        sources[i] = fromTail--;
      } else {
        int here = segments == null ? 0 : segment(batch, at);
        document = document == NONE ? here : document;
        if (here != document) {
          clear(i);
          return;
        }
        sources[i] = at;
      }
    }
  }

  private void clear(int last) {
    for (int i = 0; i <= last; i++) {
      sources[i] = NONE;
    }
  }

  private int before(int batch, int position) {
    int at = position - 1;
    while (at >= 0 && segments != null && segment(batch, at) < 0) {
      at--;
    }
    return at;
  }

  private int segment(int batch, int position) {
    MemorySegment known = Objects.requireNonNull(segments);
    int place = reversed ? length - 1 - position : position;
    return known.getAtIndex(JAVA_INT, (long) batch * length + place);
  }

  /** Positions that were looked back, the oldest first. */
  int size() {
    return sources.length;
  }

  /** The position in the row, or a negative number. */
  int position(int i) {
    return sources[i];
  }

  boolean isInTail(int i) {
    return sources[i] <= LAST_OF_TAIL;
  }

  /** The row of the tail, which is as long as this history. */
  int tailRow(int i) {
    return sources.length - 1 + sources[i] - LAST_OF_TAIL;
  }
}
