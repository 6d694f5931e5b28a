package io.colubrid.plugins.mamba2ssd;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Where documents begin and padding lies in a chunk of a row. Padding counts as a part of the
 * document around it, but does nothing.
 */
final class ChunkDocuments {
  private static final int NONE = -1;

  private final @Nullable MemorySegment segments;
  private final int[] first;
  private final boolean[] padding;
  private int lastStart;

  /**
   * @param segments I32 [batch, length], or null if every row is one document
   * @param steps most positions of a chunk
   */
  ChunkDocuments(@Nullable MemorySegment segments, int steps) {
    this.segments = segments;
    first = new int[steps];
    padding = new boolean[steps];
    lastStart = NONE;
  }

  /**
   * Looks at positions {@code start} to {@code start + steps} of a row.
   *
   * @param row index of the row's position 0 in the segments
   */
  void read(long row, int start, int steps) {
    lastStart = NONE;
    if (segments == null) {
      return;
    }
    int document = documentBefore(segments, row, start);
    for (int t = 0; t < steps; t++) {
      int here = segments.getAtIndex(JAVA_INT, row + start + t);
      padding[t] = here < 0;
      if (here >= 0) {
        if (document >= 0 && here != document) {
          lastStart = t;
        }
        document = here;
      }
      first[t] = lastStart;
    }
  }

  private static int documentBefore(MemorySegment segments, long row, int start) {
    for (int t = start - 1; t >= 0; t--) {
      int here = segments.getAtIndex(JAVA_INT, row + t);
      if (here >= 0) {
        return here;
      }
    }
    return NONE;
  }

  /** Whether rows hold more than one sequence each. */
  boolean exist() {
    return segments != null;
  }

  boolean isPadding(int t) {
    return segments != null && padding[t];
  }

  /** Whether a document begins at t behind another one. */
  boolean startsAt(int t) {
    return segments != null && first[t] == t && !padding[t];
  }

  /** The first position of the chunk that belongs to the document of t. */
  int firstOf(int t) {
    return segments == null ? 0 : Math.max(0, first[t]);
  }

  /** Whether the document of t began before the chunk. */
  boolean isCarried(int t) {
    return segments == null || first[t] == NONE;
  }

  /** The first position of the chunk that belongs to its last document. */
  int lastFirst() {
    return Math.max(0, lastStart);
  }

  /** Whether the last document of the chunk began before it. */
  boolean isCarriedOn() {
    return lastStart == NONE;
  }
}
