package io.colubrid.runtime.data;

import java.lang.foreign.MemorySegment;

/**
 * Turns documents into token ids and back. Documents may be larger than memory, so any range of a
 * document's tokens can be asked for; a tokenizer whose tokens depend on all that stands before
 * them keeps an index of its own.
 */
public interface Tokenizer {
  /** How runs record it; a run resumes with the tokenizer of that name. */
  String name();

  /** Ids are in {@code [0, vocabulary())}. */
  int vocabulary();

  /** How many tokens document {@code index} has; at least 1. */
  long count(Documents documents, long index);

  /**
   * Writes tokens {@code [from, from + count)} of a document to elements {@code [at, at + count)}
   * of {@code ids}, an I32 segment.
   */
  void encode(MemorySegment document, long from, int count, MemorySegment ids, long at);

  /** The bytes that a token stands for. */
  byte[] bytes(int token);

  /** How many bytes a token stands for: bits per byte are counted with it. */
  default int byteCount(int token) {
    return bytes(token).length;
  }
}
