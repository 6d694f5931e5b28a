package io.colubrid.nn;

import io.colubrid.spi.tensor.Shape;

/**
 * How the kernels of {@link ConvolvedProjection} divide their work, as convolved_projection.cu
 * instantiates them.
 *
 * @param name of the kernel
 * @param tiles most columns of the product, in eights
 * @param warps that take steps one after the other
 * @param groups of warps, which share out the channels
 * @param chunk channels that a group takes at once
 * @param stages of chunks that are on their way
 */
record ConvolvedTiling(String name, int tiles, int warps, int groups, int chunk, int stages) {
  static final int MOST_COLUMNS = 128;

  private static final int EIGHT = 8;
  private static final int WARP = 32;
  static final int WARP_STEPS = 32;
  private static final int LANE_STEPS = 4;
  private static final int HALF_LINE = 64;
  private static final int LINE = 128;
  private static final int BEFORE = 3;
  private static final int HALF = 2;

  // For the only compute capability with room for them that was tried.
  private static final int HOPPER = 90;
  private static final ConvolvedTiling NARROW_LONG =
      new ConvolvedTiling("10_long", 10, 4, 2, 64, 3);
  private static final ConvolvedTiling NARROW_SHORT =
      new ConvolvedTiling("10_short", 10, 1, 8, 32, 3);
  private static final ConvolvedTiling WIDE_LONG = new ConvolvedTiling("16_long", 16, 4, 2, 32, 4);
  private static final ConvolvedTiling WIDE_SHORT =
      new ConvolvedTiling("16_short", 16, 1, 8, 32, 2);

  private static final ConvolvedTiling ANYWHERE =
      new ConvolvedTiling("16_anywhere", 16, 4, 1, 32, 4);
  private static final ConvolvedTiling PLAIN = new ConvolvedTiling("16_plain", 16, 1, 4, 32, 2);

  /** Blocks of long tiles that keep a large GPU busy. */
  private static final long FEWEST_LONG = 132;

  /**
   * @param x [batch, length, channels]
   * @param columns of the product
   * @param vectors whether eight elements may be read and written at once everywhere
   * @param capability of the GPU
   */
  static ConvolvedTiling of(Shape x, long columns, boolean vectors, int capability) {
    if (!vectors) {
      return PLAIN;
    }
    if (capability != HOPPER) {
      return ANYWHERE;
    }
    boolean narrow = columns <= (long) NARROW_LONG.tiles * EIGHT;
    if (NARROW_LONG.blocks(x) >= FEWEST_LONG) {
      return narrow ? NARROW_LONG : WIDE_LONG;
    }
    return narrow ? NARROW_SHORT : WIDE_SHORT;
  }

  /** For x [batch, length, channels]. */
  long blocks(Shape x) {
    return x.dim(0) * Math.ceilDiv(x.dim(1), steps());
  }

  /** Steps of a block. */
  int steps() {
    return warps * WARP_STEPS;
  }

  int threads() {
    return warps * groups * WARP;
  }

  /** Shared memory of a block, which Convolving of convolved_projection.cuh lays out. */
  int sharedBytes() {
    int row = HALF * chunk;
    int rows = steps() + BEFORE;
    int x = Math.ceilDiv(rows * row + rows / LANE_STEPS * HALF_LINE, LINE) * LINE;
    int numbers = (LANE_STEPS + 1 + BEFORE) * chunk * Float.BYTES;
    return groups * stages * (x + tiles * EIGHT * row + numbers);
  }
}
