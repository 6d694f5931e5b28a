package io.colubrid.plugins.mamba2ssd;

import io.colubrid.spi.tensor.DType;

/**
 * How the kernels cut a recurrence up, and where their scratch memory lies. It depends on types
 * alone, since memory is laid out before a device is known.
 *
 * @param dtype of streams
 */
record SsdCudaPlan(SsdShape shape, DType dtype, Pass pass) {
  /** What is computed, and how. */
  enum Pass {
    /** States before all chunks first, then the outputs of all chunks at once. */
    CHUNKS,
    /** States and outputs together, from one chunk to the next; on Hopper. */
    RECURRENCE,
    /** Gradients, of states and then of chunks. */
    BACKWARD
  }

  /** Channels or states of a tile, and positions of a chunk in the smallest case. */
  static final int TILE = 64;

  private static final long ALIGNMENT = 256;

  private static final int SPAN_BYTES = 128;

  /** States that RECURRENCE takes, of heads of as many channels as a tile. */
  private static final int HOPPER_STATES = 128;

  private static final int HOPPER_ALIGNMENT = 1024;
  private static final int HOPPER_STAGES = 3;
  private static final int HOPPER_SHARED = 226 << 10;

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
    OF_HEADS,
    SCORES,
    MAPS
  }

  /** Whether one pass can do it all, given a GPU for it. */
  static boolean recurs(SsdShape shape, DType dtype) {
    return dtype == DType.BF16 && shape.headDim() == TILE && shape.states() == HOPPER_STATES;
  }

  private boolean backward() {
    return pass == Pass.BACKWARD;
  }

  private boolean recurrence() {
    return pass == Pass.RECURRENCE;
  }

  /** Positions of a chunk. Numbers of F32 take twice the shared memory. */
  int chunk() {
    return pass == Pass.CHUNKS && dtype == DType.BF16 ? 2 * TILE : TILE;
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

  private SsdCudaCut cut() {
    return switch (pass) {
      case RECURRENCE -> SsdCudaCut.ofRecurrence(shape, chunks(), states());
      case CHUNKS, BACKWARD -> SsdCudaCut.ofTiles(shape, chunks(), states(), backward());
    };
  }

  /** Tiles of states of all rows. */
  private long states() {
    return (long) shape.batch() * tiledHeads() * stateTiles();
  }

  /** Runs of chunks whose states are found at once. */
  int segments() {
    return cut().segments();
  }

  private int segmentChunks() {
    return Math.ceilDiv(chunks(), Math.max(1, segments()));
  }

  /** Heads of a group that a block takes, one after the other or side by side. */
  int blockHeads() {
    return cut().blockHeads();
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

  int scoresShared() {
    return 2 * stateTiles() * panel(TILE);
  }

  /** Rows of positions that a recurrence has on their way, as many as there is room for. */
  int stages() {
    int room = HOPPER_SHARED - recurrenceShared(0);
    return Math.min(HOPPER_STAGES, room / (recurrenceShared(1) - recurrenceShared(0)));
  }

  int recurrenceShared() {
    return recurrenceShared(stages());
  }

  /** Whether heads weigh a chunk while the products of the one before run. */
  boolean weighsAhead() {
    return blockHeads() < SsdCudaCut.MOST_HEADS;
  }

  /** Of each stage B, C, scores, and a head's x and lines; of each head weights and outputs. */
  private int recurrenceShared(int stages) {
    int head = panel(TILE) + HOPPER_ALIGNMENT;
    return HOPPER_ALIGNMENT
        + stages * (5 * panel(TILE) + blockHeads() * head)
        + blockHeads() * (weighsAhead() ? 3 : 2) * panel(TILE);
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
      case STEPS, FROM_BEGIN -> recurrence() ? 0 : positions * Float.BYTES;
      case TO_END -> positions * Float.BYTES;
      case SUMS, KEYS -> planes() * positions * Float.BYTES;
      case SPANS -> positions / TILE * Float.BYTES;
      case BEFORE -> recurrence() ? 0 : tiles * tile() * Short.BYTES;
      case CARRIED -> cut ? segmentTiles * TILE * TILE * Float.BYTES : 0;
      case SEGMENT_DECAY ->
          cut ? (long) shape.batch() * segments() * shape.heads() * Float.BYTES : 0;
      case AFTER -> backward() ? tiles * tile() * Short.BYTES : 0;
      case FLOW -> backward() ? 4 * tiles * Float.BYTES : 0;
      case GRAD_SCORES -> backward() ? cells * blocks() * TILE * TILE * Float.BYTES : 0;
      case OF_ROWS -> backward() ? 3 * cells * tiledHeads() * chunk() * Float.BYTES : 0;
      case FROM_STATES -> backward() ? tiles * chunk() * Float.BYTES : 0;
      case SKIPS -> backward() ? cells * tiledHeads() * Float.BYTES : 0;
      case OF_HEADS -> backward() ? 3 * cells * shape.heads() * Float.BYTES : 0;
      case SCORES -> recurrence() ? cells * shape.groups() * TILE * TILE * Short.BYTES : 0;
      case MAPS -> recurrence() ? ALIGNMENT : 0;
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
