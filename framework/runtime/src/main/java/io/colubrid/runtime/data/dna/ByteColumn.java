package io.colubrid.runtime.data.dna;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Bytes that are added one by one, in blocks, so that there may be more than an array holds. */
final class ByteColumn {
  private static final int BLOCK = 1 << 20;

  private final List<byte[]> blocks = new ArrayList<>();
  private long length;

  void add(byte value) {
    int within = (int) (length % BLOCK);
    if (within == 0) {
      blocks.add(new byte[BLOCK]);
    }
    blocks.getLast()[within] = value;
    length++;
  }

  long length() {
    return length;
  }

  void copyTo(MemorySegment room) {
    long at = 0;
    for (byte[] block : blocks) {
      long count = Math.min(BLOCK, length - at);
      MemorySegment.copy(MemorySegment.ofArray(block), 0, room, at, count);
      at += count;
    }
  }
}
