package io.colubrid.engine.random;

/**
 * The counter-based generator Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011). A block of four 32-bit numbers is a pure function of a
 * 128-bit counter and a 64-bit key, so any draw can be made anywhere, in any order, and again.
 */
public final class Philox {
  private static final int MULTIPLIER_0 = 0xD2511F53;
  private static final int MULTIPLIER_1 = 0xCD9E8D57;
  private static final int WEYL_0 = 0x9E3779B9;
  private static final int WEYL_1 = 0xBB67AE85;
  private static final int ROUNDS = 10;

  private Philox() {}

  /**
   * Computes a block.
   *
   * @param counter the four words of the counter; replaced by the four random words
   * @param key the key
   */
  public static void block(int[] counter, long key) {
    int key0 = (int) key;
    int key1 = (int) (key >>> 32);
    for (int round = 0; round < ROUNDS; round++) {
      long product0 = Integer.toUnsignedLong(MULTIPLIER_0) * Integer.toUnsignedLong(counter[0]);
      long product1 = Integer.toUnsignedLong(MULTIPLIER_1) * Integer.toUnsignedLong(counter[2]);
      counter[0] = (int) (product1 >>> 32) ^ counter[1] ^ key0;
      counter[1] = (int) product1;
      counter[2] = (int) (product0 >>> 32) ^ counter[3] ^ key1;
      counter[3] = (int) product0;
      key0 += WEYL_0;
      key1 += WEYL_1;
    }
  }

  /** A random word as a number in [0, 1) with 24 random bits. */
  public static float uniform(int word) {
    return (word >>> 8) * 0x1p-24f;
  }
}
