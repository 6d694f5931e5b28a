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

  // What fills the largest GPUs with a few blocks a multiprocessor.
  private static final long WANTED_TILES = 512;
  private static final long WANTED_BLOCKS = 264;

  /** What lies in scratch memory, in this order. */
  enum Part {
    STEPS,
    SUMS,
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
    return Math.clamp(WANTED_TILES / Math.max(1, tiles), 1, Math.max(1, segmentable()));
  }

  private int segmentable() {
    return Math.ceilDiv(chunks(), 4);
  }

  private int segmentChunks() {
    return Math.ceilDiv(chunks(), segments());
  }

  /** Heads of a group that a block takes one after the other. */
  private int blockHeads() {
    long pieces = Math.max(1, (long) shape.batch() * chunks() * shape.groups());
    int wanted = Math.clamp(Math.ceilDiv(WANTED_BLOCKS, pieces), 1, shape.headsOfGroup());
    return Math.ceilDiv(shape.headsOfGroup(), wanted);
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

  int statesShared() {
    int stages = planes() == 1 ? 3 : 2;
    return stages * (2 * panel(TILE) + 12 * TILE + 128);
  }

  int outputsShared() {
    int stage = panel(chunk()) + stateTiles() * panel(TILE) + 12 * chunk();
    return stateTiles() * panel(chunk()) + 2 * stage;
  }

  int gradXShared() {
    return (2 * stateTiles() + 2) * panel(TILE) + 2576;
  }

  int gradSharedShared() {
    return panel(TILE) + 3 * (2 * panel(TILE) + 12 * TILE);
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
      case STEPS -> positions * Float.BYTES;
      case SUMS -> 2 * positions * Float.BYTES;
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

  /** The numbers at the head of the kernels' argument, but whether vectors can be loaded. */
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
