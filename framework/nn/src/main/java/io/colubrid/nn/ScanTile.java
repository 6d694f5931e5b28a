package io.colubrid.nn;

/** One slot's scratch memory, and where in the operands its current tile stands. */
final class ScanTile {
  final ScanLayout layout;

  /** Address of the slot's scratch memory. */
  final long scratch;

  /** Addresses of the operands whose rows are read and written: the tensors, or a staging copy. */
  ScanRows rows;

  /** Byte offset in the rows of step 0, at the first channel of block {@link #firstBlock}. */
  long row;

  /** The block that {@link #row} points at. */
  int firstBlock;

  /** Bytes from a row to the next. */
  long rowStride;

  /** Addresses of b and c at step 0. */
  long b;

  long c;

  /** Which document of the tile is worked on. */
  int run;

  private final int direction;

  /**
   * @param direction 1, or −1 where steps go to lower addresses
   */
  ScanTile(ScanLayout layout, long scratch, ScanRows rows, int direction) {
    this.layout = layout;
    this.scratch = scratch;
    this.rows = rows;
    this.direction = direction;
  }

  /** Bytes from b and c of a step to those of the next. */
  long weightStride() {
    return 4L * direction * layout.states;
  }

  /** Byte offset in the rows of step 0, at the first channel of a block. */
  long rowOf(int block) {
    return row + (block - firstBlock) * layout.vector;
  }

  /** Address of the record of step 0 of a block. */
  long record(int block) {
    return scratch + layout.steps(block);
  }

  /** Address of a vector a block. */
  long perBlock(long base, int block) {
    return scratch + base + block * layout.vector;
  }

  /** Address of a vector a state. */
  long perState(long base, int block, int state) {
    return scratch + layout.perState(base, block, state);
  }

  /** Address of the trail that the document leaves, of a state of a pair, at step 0. */
  long trail(int state) {
    return scratch + layout.trail(run) + state % ScanLayout.PAIR * layout.vector;
  }

  /** Address of the sums over blocks, of a state of a pair, at step 0. */
  long sums(int state) {
    return scratch + layout.sums() + state % ScanLayout.PAIR * layout.vector;
  }
}
