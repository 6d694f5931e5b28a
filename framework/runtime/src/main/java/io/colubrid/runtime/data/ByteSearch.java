package io.colubrid.runtime.data;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Finds bytes in a segment, eight at a time: scanning a corpus should cost no more than reading it.
 */
final class ByteSearch {
  private static final ValueLayout.OfLong WORD =
      JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;

  private ByteSearch() {}

  /** The first place at or after {@code from} that holds {@code wanted}, or the segment's size. */
  static long indexOf(MemorySegment text, byte wanted, long from) {
    long size = text.byteSize();
    long pattern = (wanted & 0xFFL) * ONES;
    long at = from;
    for (; at + Long.BYTES <= size; at += Long.BYTES) {
      long difference = text.get(WORD, at) ^ pattern;
      // The lowest high bit left marks the first zero byte (Mycroft's test).
      long zeros = (difference - ONES) & ~difference & HIGH_BITS;
      if (zeros != 0) {
        return at + (Long.numberOfTrailingZeros(zeros) >>> 3);
      }
    }
    while (at < size && text.get(JAVA_BYTE, at) != wanted) {
      at++;
    }
    return at;
  }

  /**
   * The first place at or after {@code from} where {@code wanted} begins, or the segment's size.
   */
  static long indexOf(MemorySegment text, byte[] wanted, long from) {
    long last = text.byteSize() - wanted.length;
    MemorySegment pattern = MemorySegment.ofArray(wanted);
    for (long at = indexOf(text, wanted[0], from); at <= last; ) {
      if (MemorySegment.mismatch(text, at, at + wanted.length, pattern, 0, wanted.length) < 0) {
        return at;
      }
      at = indexOf(text, wanted[0], at + 1);
    }
    return text.byteSize();
  }
}
