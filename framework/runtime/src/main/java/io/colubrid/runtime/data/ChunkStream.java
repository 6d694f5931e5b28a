package io.colubrid.runtime.data;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** The chunks of all documents, epoch after epoch, each epoch in an order of its own. */
final class ChunkStream {
  private final TokenDocuments documents;
  private final Chunks chunks;
  private final long seed;
  private long epoch;
  private long index;
  private long offset;
  private KeyedPermutation order;
  private Chunk chunk;
  private @Nullable MemorySegment bytes;

  ChunkStream(TokenDocuments documents, Chunks chunks, long seed) {
    this.documents = documents;
    this.chunks = chunks;
    this.seed = seed;
    this.order = orderOf(0);
    this.chunk = chunks.get(order.at(0));
  }

  private KeyedPermutation orderOf(long ofEpoch) {
    return new KeyedPermutation(chunks.size(), epochKey(ofEpoch));
  }

  private long epochKey(long ofEpoch) {
    return ContentHash.mix(seed) ^ ContentHash.mix(ContentHash.mix(ofEpoch));
  }

  DataPosition position() {
    return new DataPosition(epoch, index, offset, 0);
  }

  void seek(DataPosition position) {
    requireWithin("epoch", position.epoch(), Long.MAX_VALUE);
    requireWithin("chunk", position.chunk(), chunks.size());
    epoch = position.epoch();
    order = orderOf(epoch);
    enter(position.chunk());
    requireWithin("offset", position.offset(), chunk.length());
    offset = position.offset();
  }

  static void requireWithin(String what, long value, long limit) {
    if (value < 0 || value >= limit) {
      throw new DataException(
          ("the saved data position does not fit this data: %s %d is not in [0, %d); resume with"
                  + " the same data, split and row length as the run began with")
              .formatted(what, value, limit));
    }
  }

  private void enter(long next) {
    index = next;
    offset = 0;
    chunk = chunks.get(order.at(next));
    bytes = null;
  }

  /** Takes the next tokens, {@code room} of them or what is left of the chunk. */
  Piece next(int room) {
    long from = chunk.from() + offset;
    int count = (int) Math.min(room, chunk.length() - offset);
    boolean ends = from + count == documents.length(chunk.document());
    Piece piece = new Piece(current(), from, count, ends);
    advance(count);
    return piece;
  }

  /** Passes over so many tokens without opening the documents they are of. */
  void skip(int tokens) {
    for (int left = tokens; left > 0; ) {
      int count = (int) Math.min(left, chunk.length() - offset);
      advance(count);
      left -= count;
    }
  }

  private void advance(int count) {
    offset += count;
    if (offset == chunk.length()) {
      if (index + 1 == chunks.size()) {
        epoch++;
        order = orderOf(epoch);
        enter(0);
      } else {
        enter(index + 1);
      }
    }
  }

  /**
   * The first token of the document that comes next, or {@link TokenBatch#NO_TARGET} if what comes
   * next is a later piece of a document.
   */
  int nextBeginning() {
    if (chunk.from() + offset > 0) {
      return TokenBatch.NO_TARGET;
    }
    int[] token = new int[1];
    documents.read(current(), 0, 1, MemorySegment.ofArray(token), 0);
    return token[0];
  }

  private MemorySegment current() {
    MemorySegment open = bytes;
    if (open == null) {
      open = documents.open(chunk.document(), epochKey(epoch));
      bytes = open;
    }
    return open;
  }
}
