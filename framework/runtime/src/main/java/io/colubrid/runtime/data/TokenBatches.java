package io.colubrid.runtime.data;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The endless training stream: documents in an order shuffled anew for every epoch, laid one behind
 * the other into rows, and the rows shuffled in windows, so that neighbours of one document come
 * apart. Every token is an input exactly once an epoch; its target is the token after it, also
 * where the row ends between the two.
 *
 * <p>A document that a row's end cuts goes on in the next row as a segment of its own. Documents
 * longer than {@value #CHUNK_ROWS} rows are cut before the shuffle, so that batches mix documents.
 *
 * <p>The same documents, seed and row length give the same stream; it does not depend on how many
 * rows a batch has. Not for use by several threads at once.
 */
public final class TokenBatches implements TrainingStream<TokenBatch> {
  /** Rows that one uninterrupted piece of a document fills at most. */
  static final int CHUNK_ROWS = 8;

  private final TokenDocuments documents;
  private final Packing packing;
  private final int length;
  private final Chunks chunks;
  private final ChunkStream stream;
  private final RowWindow window;
  private final RowWriter writer;

  /**
   * @param length tokens of a row
   * @param seed of the orders
   * @throws DataException if there is no document, or nothing in them to predict
   */
  public TokenBatches(TokenDocuments documents, Packing packing, int length, long seed) {
    if (documents.size() == 0) {
      throw new DataException("no documents to train on; add text to the data's path");
    }
    this.documents = documents;
    this.packing = packing;
    this.length = length;
    this.chunks = new Chunks(documents, Math.multiplyExact(length, CHUNK_ROWS));
    if (packing == Packing.PACKED && !documents.marked() && chunks.tokens() == documents.size()) {
      throw new DataException(
          "every document is a single token, so there is nothing to predict; set a document marker,"
              + " dense packing, or longer documents");
    }
    this.stream = new ChunkStream(documents, chunks, seed);
    this.window = new RowWindow(stream, length, seed);
    this.writer = new RowWriter(documents, packing);
  }

  /** Tokens of a row. */
  public int length() {
    return length;
  }

  /** Tokens of one epoch, document markers counted. */
  public long tokensPerEpoch() {
    return chunks.tokens();
  }

  @Override
  public TokenBatch allocate(Arena arena, int rows) {
    return TokenBatch.allocate(arena, rows, length);
  }

  @Override
  public DataPosition position() {
    return window.position();
  }

  @Override
  public void seek(DataPosition position) {
    window.seek(position);
  }

  /**
   * Fills a batch with the tokens that come next.
   *
   * @return how many targets there are
   * @throws IllegalArgumentException if the batch's rows are not of this stream's length
   */
  @Override
  public int fill(TokenBatch into) {
    RowWriter.requireLength(into, length);
    for (long row = 0; row < into.batch(); row++) {
      fillRow(into, row * length);
    }
    return countTargets(into);
  }

  private void fillRow(TokenBatch into, long start) {
    window.enterRow();
    int segment = 0;
    for (int column = 0; column < length; segment++) {
      Piece piece = stream.next(length - column);
      writer.write(piece, into, start + column, segment, afterEnd());
      column += piece.count();
    }
  }

  private int afterEnd() {
    if (documents.marked()) {
      return documents.marker();
    }
    return packing == Packing.DENSE ? stream.nextBeginning() : TokenBatch.NO_TARGET;
  }

  private static int countTargets(TokenBatch batch) {
    MemorySegment targets = batch.targets();
    int count = 0;
    for (long at = 0; at < batch.tokens(); at++) {
      if (targets.getAtIndex(JAVA_INT, at) != TokenBatch.NO_TARGET) {
        count++;
      }
    }
    return count;
  }
}
