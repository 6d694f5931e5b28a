package io.colubrid.runtime.generation;

import io.colubrid.engine.random.Philox;

/** Numbers in [0, 1), the same for the same seed. */
final class Draws {
  private static final int UNUSED_BITS = 8;

  private final long seed;
  private int drawn;

  Draws(long seed) {
    this.seed = seed;
  }

  /** The next number: one of 2²⁴, which F32 holds exactly. */
  float next() {
    int[] block = {drawn++, 0, 0, 0};
    Philox.block(block, seed);
    return (block[0] >>> UNUSED_BITS) * 0x1p-24f;
  }
}
