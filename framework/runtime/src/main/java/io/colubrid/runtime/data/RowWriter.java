package io.colubrid.runtime.data;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;

/** Lays pieces of documents into the rows of a batch, with the arrays that describe them. */
final class RowWriter {
  private final TokenDocuments documents;
  private final Packing packing;

  RowWriter(TokenDocuments documents, Packing packing) {
    this.documents = documents;
    this.packing = packing;
  }

  /**
   * Writes a piece to place {@code at} of the batch; the target of a token is its successor.
   *
   * @param segment how many pieces the row already has
   * @param afterEnd the target of the document's last token
   */
  void write(Piece piece, TokenBatch into, long at, int segment, int afterEnd) {
    MemorySegment ids = into.ids();
    MemorySegment targets = into.targets();
    int count = piece.count();
    documents.read(piece.bytes(), piece.from(), count, ids, at);
    long shifted = (count - 1) * (long) Integer.BYTES;
    MemorySegment.copy(ids, (at + 1) * Integer.BYTES, targets, at * Integer.BYTES, shifted);
    long last = at + count - 1;
    if (piece.endsDocument()) {
      targets.setAtIndex(JAVA_INT, last, afterEnd);
    } else {
      documents.read(piece.bytes(), piece.from() + count, 1, targets, last);
    }
    long column = at % into.length();
    boolean packed = packing == Packing.PACKED;
    for (int i = 0; i < count; i++) {
      into.segments().setAtIndex(JAVA_INT, at + i, packed ? segment : 0);
      into.positions().setAtIndex(JAVA_INT, at + i, packed ? i : (int) column + i);
    }
  }

  static void requireLength(TokenBatch batch, int length) {
    if (batch.length() != length) {
      throw new IllegalArgumentException(
          "rows are %d tokens long here, but the batch has %d".formatted(length, batch.length()));
    }
  }

  /** Fills places {@code [from, to)} with padding. */
  static void pad(TokenBatch into, long from, long to) {
    fill(into.ids(), from, to, 0);
    fill(into.targets(), from, to, TokenBatch.NO_TARGET);
    fill(into.segments(), from, to, TokenBatch.PADDING);
    fill(into.positions(), from, to, TokenBatch.PADDING);
  }

  private static void fill(MemorySegment ints, long from, long to, int value) {
    for (long at = from; at < to; at++) {
      ints.setAtIndex(JAVA_INT, at, value);
    }
  }
}
