package io.colubrid.plugins.attention;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The stretch of keys that each query sees, as two I32 a query in scratch memory. A query that sees
 * nothing has an empty stretch.
 *
 * @param memory holds them from its beginning, row by row of the batch
 */
record KeyRanges(MemorySegment memory) {

  static long bytes(long queries) {
    return (8 * queries + 63) / 64 * 64;
  }

  int from(long query) {
    return memory.get(JAVA_INT, 8 * query);
  }

  int to(long query) {
    return memory.get(JAVA_INT, 8 * query + 4);
  }

  void set(long query, long from, long to) {
    memory.set(JAVA_INT, 8 * query, (int) from);
    memory.set(JAVA_INT, 8 * query + 4, (int) to);
  }

  /** Fills them in for rows that hold documents. */
  void fill(AttentionMask mask, long batch, long length, @Nullable MemorySegment segments) {
    for (long row = 0; row < batch; row++) {
      for (long from = 0; from < length; ) {
        int document = segments == null ? 0 : segments.getAtIndex(JAVA_INT, row * length + from);
        long to = documentEnd(segments, row * length, from, length);
        fillDocument(mask, row * length, from, to, document < 0);
        from = to;
      }
    }
  }

  private static long documentEnd(
      @Nullable MemorySegment segments, long row, long from, long length) {
    if (segments == null) {
      return length;
    }
    int document = segments.getAtIndex(JAVA_INT, row + from);
    long to = from + 1;
    while (to < length && segments.getAtIndex(JAVA_INT, row + to) == document) {
      to++;
    }
    return to;
  }

  private void fillDocument(AttentionMask mask, long row, long from, long to, boolean padding) {
    for (long i = from; i < to; i++) {
      if (padding) {
        set(row + i, 0, 0);
      } else {
        set(row + i, Math.max(from, mask.from(i)), Math.min(to, mask.to(i, to)));
      }
    }
  }
}
