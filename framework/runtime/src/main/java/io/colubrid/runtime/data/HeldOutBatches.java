package io.colubrid.runtime.data;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One pass over held-out documents, always the same, which counts the bytes that are predicted:
 * with the sum of the losses at all targets, in nats, bits per byte is {@code nats / ln 2 /
 * predictedBytes}.
 *
 * <p>What is predicted: every byte of a document exactly once, from at most a row of what stands
 * before it in the document. Its first byte is predicted from the document's marker; without a
 * marker it is not predicted and not counted, except in dense rows, where the document before it
 * predicts it. The marker itself is never a target here, since it is no byte of the text.
 *
 * <p>The documents come in an order of their own, so that a limit leaves a sample of all of them.
 */
public final class HeldOutBatches implements HeldOut<TokenBatch> {
  private static final long ORDER_SEED = 0;

  private final TokenDocuments documents;
  private final Packing packing;
  private final int length;
  private final long byteLimit;
  private final ChunkStream stream;
  private final RowWriter writer;
  private final Measure measure;
  private double nats;
  private long predictedBytes;
  private boolean exhausted;

  /**
   * @param length tokens of a row
   * @param byteLimit bytes to predict at most; the last document is cut there
   * @param measure bits for a byte, or what a byte stands for
   * @throws DataException if no documents are held out
   */
  public HeldOutBatches(
      TokenDocuments documents, Packing packing, int length, long byteLimit, Measure measure) {
    if (documents.size() == 0) {
      throw new DataException(
          "no documents are held out, so there is nothing to evaluate on; set held-out above 0");
    }
    this.documents = documents;
    this.packing = packing;
    this.length = length;
    this.byteLimit = byteLimit;
    this.measure = measure;
    Chunks chunks = new Chunks(documents, Math.multiplyExact(length, TokenBatches.CHUNK_ROWS));
    this.stream = new ChunkStream(documents, chunks, ORDER_SEED);
    this.writer = new RowWriter(documents, packing);
  }

  @Override
  public TokenBatch allocate(Arena arena, int rows) {
    return TokenBatch.allocate(arena, rows, length);
  }

  @Override
  public void rewind() {
    stream.seek(DataPosition.START);
    nats = 0;
    predictedBytes = 0;
    exhausted = false;
  }

  /** Bytes that are targets in all batches since the beginning of the pass. */
  public long predictedBytes() {
    return predictedBytes;
  }

  /**
   * Fills a batch, with padding after the last token of the pass.
   *
   * @return false, and the batch is as it was, if the pass is over
   * @throws IllegalArgumentException if the batch's rows are not of this pass's length
   */
  @Override
  public boolean next(TokenBatch into) {
    RowWriter.requireLength(into, length);
    if (isOver()) {
      return false;
    }
    for (long row = 0; row < into.batch(); row++) {
      fillRow(into, row * length);
    }
    return true;
  }

  @Override
  public boolean readsAnswers() {
    return false;
  }

  @Override
  public void add(double summedLoss, MemorySegment answers) {
    nats += summedLoss;
  }

  @Override
  public Score score() {
    return Score.of(measure, nats / Math.log(2) / predictedBytes);
  }

  private boolean isOver() {
    return exhausted || stream.position().epoch() > 0 || predictedBytes >= byteLimit;
  }

  private void fillRow(TokenBatch into, long start) {
    int column = 0;
    for (int segment = 0; column < length && !isOver(); segment++) {
      Piece piece = stream.next(length - column);
      writer.write(piece, into, start + column, segment, afterEnd());
      column += count(into, start + column, piece.count());
    }
    RowWriter.pad(into, start + column, start + length);
  }

  private int afterEnd() {
    boolean predictsNext =
        packing == Packing.DENSE && !documents.marked() && stream.position().epoch() == 0;
    return predictsNext ? stream.nextBeginning() : TokenBatch.NO_TARGET;
  }

  /** Counts the bytes of a piece's targets and returns how many of its tokens the limit leaves. */
  private int count(TokenBatch batch, long from, int tokens) {
    MemorySegment targets = batch.targets();
    for (int i = 0; i < tokens; i++) {
      int target = targets.getAtIndex(JAVA_INT, from + i);
      int bytes = target == TokenBatch.NO_TARGET ? 0 : documents.tokenizer().byteCount(target);
      if (predictedBytes + bytes > byteLimit) {
        exhausted = true;
        return i;
      }
      predictedBytes += bytes;
    }
    return tokens;
  }
}
