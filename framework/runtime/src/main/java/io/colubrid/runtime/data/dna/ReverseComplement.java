package io.colubrid.runtime.data.dna;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.colubrid.runtime.data.Variation;
import java.lang.foreign.MemorySegment;

/**
 * Shows every other document as the other strand of DNA has it: A for T, C for G, read from the
 * end. A model cannot know which strand a sequence was read from.
 */
final class ReverseComplement implements Variation {
  private static final String OTHER = "TGCAN";

  @Override
  public MemorySegment of(MemorySegment document, long key) {
    return key < 0 ? otherStrand(document) : document;
  }

  /** The same bases as the other strand has them. */
  static MemorySegment otherStrand(MemorySegment bases) {
    byte[] other = new byte[Math.toIntExact(bases.byteSize())];
    for (int i = 0; i < other.length; i++) {
      int token = BaseTokenizer.token(bases.get(JAVA_BYTE, i));
      other[other.length - 1 - i] = (byte) OTHER.charAt(token - 1);
    }
    return MemorySegment.ofArray(other).asReadOnly();
  }
}
