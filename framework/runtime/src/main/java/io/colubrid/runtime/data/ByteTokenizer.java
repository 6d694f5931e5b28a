package io.colubrid.runtime.data;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;

/**
 * Every byte is a token, as in MambaByte (Wang et al., 2024): a vocabulary of 256 and nothing else.
 */
public final class ByteTokenizer implements Tokenizer {
  private static final int VOCABULARY = 256;

  @Override
  public String name() {
    return "byte";
  }

  @Override
  public int vocabulary() {
    return VOCABULARY;
  }

  @Override
  public long count(Documents documents, long index) {
    return documents.length(index);
  }

  @Override
  public void encode(MemorySegment document, long from, int count, MemorySegment ids, long at) {
    for (int i = 0; i < count; i++) {
      ids.setAtIndex(JAVA_INT, at + i, document.get(JAVA_BYTE, from + i) & 0xFF);
    }
  }

  @Override
  public byte[] bytes(int token) {
    return new byte[] {(byte) token};
  }

  @Override
  public int byteCount(int token) {
    return 1;
  }
}
