package io.colubrid.runtime.data.dna;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.colubrid.runtime.data.Documents;
import io.colubrid.runtime.data.Tokenizer;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Every base is a token: 0 marks documents, then A, C, G, T, and N for a base that is unknown. */
public final class BaseTokenizer implements Tokenizer {
  /** The bases in the order of their tokens, from 1. */
  static final String BASES = "ACGTN";

  private static final int VOCABULARY = BASES.length() + 1;

  /** The letters of IUPAC's code that stand for several bases, gaps, and U, which is RNA's T. */
  private static final String UNKNOWN = "RYSWKMBDHVX-*.";

  private static final int BYTES = 256;
  private static final byte NONE = -1;
  private static final byte[] TOKENS = tokens();

  private static byte[] tokens() {
    byte[] tokens = new byte[BYTES];
    Arrays.fill(tokens, NONE);
    for (int i = 0; i < BASES.length(); i++) {
      set(tokens, BASES.charAt(i), i + 1);
    }
    set(tokens, 'U', BASES.indexOf('T') + 1);
    for (int i = 0; i < UNKNOWN.length(); i++) {
      set(tokens, UNKNOWN.charAt(i), BASES.indexOf('N') + 1);
    }
    return tokens;
  }

  private static void set(byte[] tokens, char letter, int token) {
    tokens[letter] = (byte) token;
    tokens[Character.toLowerCase(letter)] = (byte) token;
  }

  /** The token of a letter, in capitals or not, or −1 if it stands for no base. */
  static int token(byte letter) {
    return TOKENS[Byte.toUnsignedInt(letter)];
  }

  @Override
  public String name() {
    return "base";
  }

  @Override
  public int vocabulary() {
    return VOCABULARY;
  }

  @Override
  public long count(Documents documents, long index) {
    return documents.length(index);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if a letter stands for no base
   */
  @Override
  public void encode(MemorySegment document, long from, int count, MemorySegment ids, long at) {
    for (int i = 0; i < count; i++) {
      byte letter = document.get(JAVA_BYTE, from + i);
      int token = token(letter);
      if (token < 0) {
        throw new IllegalArgumentException(
            "'%c' stands for no base; expected A, C, G, T or N".formatted((char) letter));
      }
      ids.setAtIndex(JAVA_INT, at + i, token);
    }
  }

  @Override
  public byte[] bytes(int token) {
    return token == 0
        ? new byte[0]
        : BASES.substring(token - 1, token).getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public int byteCount(int token) {
    return token == 0 ? 0 : 1;
  }
}
