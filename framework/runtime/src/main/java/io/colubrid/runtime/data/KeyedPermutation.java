package io.colubrid.runtime.data;

import java.util.Objects;

/**
 * A pseudo-random order of {@code 0 … size - 1} that takes no memory: a Feistel network over the
 * next even number of bits, walked until it lands inside (Black and Rogaway, "Ciphers with
 * arbitrary finite domains", 2002).
 */
final class KeyedPermutation {
  private static final int ROUNDS = 6;

  private final long size;
  private final long key;
  private final int half;
  private final long mask;

  KeyedPermutation(long size, long key) {
    this.size = size;
    this.key = key;
    int bits = Long.SIZE - Long.numberOfLeadingZeros(Math.max(size - 1, 1));
    this.half = (bits + 1) / 2;
    this.mask = (1L << half) - 1;
  }

  long at(long index) {
    long value = Objects.checkIndex(index, size);
    do {
      value = encipher(value);
    } while (value >= size);
    return value;
  }

  private long encipher(long value) {
    long left = value >>> half;
    long right = value & mask;
    for (int round = 0; round < ROUNDS; round++) {
      long next = left ^ (ContentHash.mix(key + ContentHash.mix(right * ROUNDS + round)) & mask);
      left = right;
      right = next;
    }
    return left << half | right;
  }
}
