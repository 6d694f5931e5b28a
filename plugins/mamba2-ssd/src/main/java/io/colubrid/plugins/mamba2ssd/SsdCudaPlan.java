package io.colubrid.plugins.mamba2ssd;

import io.colubrid.spi.tensor.DType;

/**
 * How the kernels cut a recurrence up, and where their scratch memory lies. It depends on types
 * alone, since memory is laid out before a device is known.
 *
 * @param dtype of streams
 */
record SsdCudaPlan(SsdShape shape, DType dtype, boolean backward) {
  /** Channels or states of a tile, and positions of a chunk in the smallest case. */
  static final int TILE = 64;

  private static final long ALIGNMENT = 256;

  // Blocks that run at once on the GPU that the kernels are tuned for, of 132 multiprocessors: of
  // those that pass states on, and of those that take heads one after the other.
  private static final long STATES_AT_ONCE = 528;
  private static final long OUTPUTS_AT_ONCE = 264;
  private static final long GRADIENTS_AT_ONCE = 396;

  /** What a block spends before its first head, in heads. */
  private static final double HEADS_BEFORE = 1.5;

  // Finding what segments give to each other costs so much of a pass over them, and goes back so
  // many positions where decays are usual.
  private static final double SHARE_OF_ENDS = 0.6;
  private static final double REACH_OF_ENDS = 1500;

  private static final int SPAN_BYTES = 128;

  /** What lies in scratch memory, in this order. */
  enum Part {
    STEPS,
    SUMS,
    KEYS,
    TO_END,
    FROM_BEGIN,
    SPANS,
    BEFORE,
    CARRIED,
    SEGMENT_DECAY,
    AFTER,
    FLOW,
    GRAD_SCORES,
    OF_ROWS,
    FROM_STATES,
    SKIPS,
    OF_HEADS
  }

  /** Positions of a chunk. Numbers of F32 take twice the shared memory. */
  int chunk() {
    return backward || dtype == DType.F32 ? TILE : 2 * TILE;
  }

  int chunks() {
    return Math.ceilDiv(shape.length(), chunk());
  }

  private int headTiles() {
    return Math.ceilDiv(shape.headDim(), TILE);
  }

  /** Heads, those of more channels than a tile counted as several. */
  int tiledHeads() {
    return shape.heads() * headTiles();
  }

  int stateTiles() {
    return Math.ceilDiv(shape.states(), TILE);
  }

  /** Runs of chunks whose states are found at once. */
  int segments() {
    long tiles = (long) shape.batch() * tiledHeads() * stateTiles();
    int best = 1;
    double least = Double.POSITIVE_INFINITY;
    for (int segments = 1; segments <= Math.max(1, Math.ceilDiv(chunks(), 4)); segments++) {
      double rounds = Math.ceilDiv(tiles * segments, STATES_AT_ONCE);
      double reach = Math.min(1, REACH_OF_ENDS * segments / shape.length());
      double time = rounds / segments * (segments == 1 ? 1 : 1 + SHARE_OF_ENDS * reach);
      if (time < least) {
        least = time;
        best = segments;
      }
    }
    return Math.ceilDiv(chunks(), Math.max(1, Math.ceilDiv(chunks(), best)));
  }

  private int segmentChunks() {
    return Math.ceilDiv(chunks(), Math.max(1, segments()));
  }

  /** Heads of a group that a block takes one after the other. */
  private int blockHeads() {
    long pieces = (long) shape.batch() * chunks() * shape.groups();
    long atOnce = backward ? GRADIENTS_AT_ONCE : OUTPUTS_AT_ONCE;
    int best = shape.headsOfGroup();
    double least = Double.POSITIVE_INFINITY;
    for (int heads = shape.headsOfGroup(); heads > 0; heads--) {
      long blocks = pieces * Math.ceilDiv(shape.headsOfGroup(), heads);
      double time = Math.ceilDiv(blocks, atOnce) * (heads + HEADS_BEFORE);
      if (time < least) {
        least = time;
        best = heads;
      }
    }
    return best;
  }

  private int groupBlocks() {
    return Math.ceilDiv(shape.headsOfGroup(), blockHeads());
  }

  /** Blocks of all heads. */
  int blocks() {
    return shape.groups() * groupBlocks();
  }

  private int planes() {
    return dtype == DType.F32 ? 2 : 1;
  }

  /** Bytes of some rows of 64 columns in shared memory. */
  private int panel(int rows) {
    return planes() * rows * TILE * Short.BYTES;
  }

  /** Bytes of a number for each of some positions. */
  private static int line(int positions) {
    return positions * Float.BYTES;
  }

  int statesShared() {
    int stages = planes() == 1 ? 3 : 2;
    return stages * (2 * panel(TILE) + line(TILE) + SPAN_BYTES);
  }

  int gradStatesShared() {
    return 2 * (3 * panel(TILE) + line(TILE) + SPAN_BYTES);
  }

  int outputsShared() {
    int exponents = 2 * planes() * line(chunk());
    int stage = panel(chunk()) + stateTiles() * panel(TILE) + exponents;
    return stateTiles() * panel(chunk()) + 2 * stage;
  }

  int gradXShared() {
    int sums = (2 * planes() + 10) * line(TILE) + 4 * Float.BYTES;
    return (2 * stateTiles() + 2) * panel(TILE) + sums;
  }

  int gradSharedShared() {
    return 3 * (2 * panel(TILE) + line(TILE));
  }

  /** Elements of a tile of states in memory, times the planes it has. */
  private long tile() {
    return (long) planes() * TILE * TILE;
  }

  private long bytes(Part part) {
    long cells = (long) shape.batch() * chunks();
    long positions = cells * shape.heads() * chunk();
    long tiles = cells * tiledHeads() * stateTiles();
    long segmentTiles = (long) shape.batch() * segments() * tiledHeads() * stateTiles();
    boolean cut = segments() > 1;
    return switch (part) {
      case STEPS, TO_END, FROM_BEGIN -> positions * Float.BYTES;
      case SUMS, KEYS -> planes() * positions * Float.BYTES;
      case SPANS -> positions / TILE * Float.BYTES;
      case BEFORE -> tiles * tile() * Short.BYTES;
      case CARRIED -> cut ? segmentTiles * TILE * TILE * Float.BYTES : 0;
      case SEGMENT_DECAY ->
          cut ? (long) shape.batch() * segments() * shape.heads() * Float.BYTES : 0;
      case AFTER -> backward ? tiles * tile() * Short.BYTES : 0;
      case FLOW -> backward ? 4 * tiles * Float.BYTES : 0;
      case GRAD_SCORES -> backward ? cells * blocks() * TILE * TILE * Float.BYTES : 0;
      case OF_ROWS -> backward ? 3 * cells * tiledHeads() * chunk() * Float.BYTES : 0;
      case FROM_STATES -> backward ? tiles * chunk() * Float.BYTES : 0;
      case SKIPS -> backward ? cells * tiledHeads() * Float.BYTES : 0;
      case OF_HEADS -> backward ? 3 * cells * shape.heads() * Float.BYTES : 0;
    };
  }

  /** Where a part begins. */
  long offset(Part part) {
    long at = 0;
    for (Part before : Part.values()) {
      if (before == part) {
        break;
      }
      at += aligned(bytes(before));
    }
    return at;
  }

  private static long aligned(long bytes) {
    return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
  }

  long bytes() {
    Part last = Part.values()[Part.values().length - 1];
    return offset(last) + aligned(bytes(last));
  }

  /** The numbers at the head of the kernels' argument. */
  long[] extents() {
    return new long[] {
      shape.batch(),
      shape.length(),
      shape.heads(),
      shape.headDim(),
      shape.groups(),
      shape.states(),
      chunk(),
      chunks(),
      headTiles(),
      stateTiles(),
      segments(),
      segmentChunks(),
      blockHeads(),
      groupBlocks()
    };
  }
}
