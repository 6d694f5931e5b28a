package io.colubrid.runtime.data;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;

/**
 * Documents as sequences of tokens. With a marker, a document is the marker followed by its own
 * tokens, and what is predicted after its last token is the marker again: every token of the
 * document has a predecessor, and a model learns where documents begin and end.
 *
 * @param marker the id that marks documents, or {@link #NO_MARKER}. It is an id of the vocabulary:
 *     for bytes, 0, which text does not contain
 * @param variation how the documents are shown in each pass
 */
public record TokenDocuments(
    Documents documents, Tokenizer tokenizer, int marker, Variation variation) {
  /** Documents begin with their own first token, which then nothing predicts. */
  public static final int NO_MARKER = -1;

  public TokenDocuments {
    if (marker < NO_MARKER || marker >= tokenizer.vocabulary()) {
      throw new IllegalArgumentException(
          "document marker must be a token id in [0, %d), or %d for none, not %d"
              .formatted(tokenizer.vocabulary(), NO_MARKER, marker));
    }
  }

  /** Documents that are shown as they are. */
  public TokenDocuments(Documents documents, Tokenizer tokenizer, int marker) {
    this(documents, tokenizer, marker, Variation.NONE);
  }

  /** The bytes of a document as they are shown in the pass of that key. */
  MemorySegment open(long index, long key) {
    return variation.of(documents.get(index), ContentHash.mix(key ^ ContentHash.mix(index)));
  }

  boolean marked() {
    return marker != NO_MARKER;
  }

  long size() {
    return documents.size();
  }

  /** Tokens of document {@code index}, its leading marker counted. */
  long length(long index) {
    return tokenizer.count(documents, index) + (marked() ? 1 : 0);
  }

  /**
   * Writes tokens {@code [from, from + count)} of {@code document}, where token 0 is the marker.
   */
  void read(MemorySegment document, long from, int count, MemorySegment ids, long at) {
    if (!marked()) {
      tokenizer.encode(document, from, count, ids, at);
    } else if (from > 0) {
      tokenizer.encode(document, from - 1, count, ids, at);
    } else if (count > 0) {
      ids.setAtIndex(JAVA_INT, at, marker);
      tokenizer.encode(document, 0, count - 1, ids, at + 1);
    }
  }
}
