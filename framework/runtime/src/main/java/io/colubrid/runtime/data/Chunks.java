package io.colubrid.runtime.data;

import java.lang.foreign.Arena;

/**
 * What is shuffled: whole documents, but long ones in pieces, since else a book would fill many
 * batches in a row. Chunk {@code i} is the beginning of document {@code i}; the later pieces of
 * long documents come after those, and only long documents take memory.
 */
final class Chunks {
  private final TokenDocuments documents;
  private final int limit;
  private final LongColumn longDocuments;
  private final LongColumn firstLaterChunk;
  private final long size;
  private final long tokens;

  /**
   * @param limit tokens of a chunk at most
   */
  Chunks(TokenDocuments documents, int limit) {
    this.documents = documents;
    this.limit = limit;
    Arena arena = Arena.ofAuto();
    this.longDocuments = new LongColumn(arena);
    this.firstLaterChunk = new LongColumn(arena);
    long next = documents.size();
    long sum = 0;
    for (long document = 0; document < documents.size(); document++) {
      long length = documents.length(document);
      sum += length;
      if (length > limit) {
        longDocuments.add(document);
        firstLaterChunk.add(next);
        next += (length - 1) / limit;
      }
    }
    this.size = next;
    this.tokens = sum;
  }

  long size() {
    return size;
  }

  /** Tokens of all chunks. */
  long tokens() {
    return tokens;
  }

  Chunk get(long index) {
    long document = index;
    long from = 0;
    if (index >= documents.size()) {
      long entry = firstLaterChunk.floor(index);
      document = longDocuments.get(entry);
      from = (index - firstLaterChunk.get(entry) + 1) * limit;
    }
    return new Chunk(document, from, Math.min(from + limit, documents.length(document)));
  }
}
