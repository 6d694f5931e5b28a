package io.colubrid.nn;

import java.lang.foreign.MemorySegment;

/** One slot's scratch memory, and where in the operands its current tile stands. */
final class ScanTile {
  final ScanLayout layout;
  final MemorySegment scratch;
  final MemorySegment b;
  final MemorySegment c;

  /** The operands whose rows are read and written: the tensors, or a staging copy of the tile. */
  ScanRows rows;

  /** Byte offset in the rows of step 0, at the first channel of block 0. */
  long row;

  /** Bytes from a row to the next. */
  long rowStride;

  /** Byte offset in b and c of step 0. */
  long weights;

  ScanTile(
      ScanLayout layout, MemorySegment scratch, MemorySegment b, MemorySegment c, ScanRows rows) {
    this.layout = layout;
    this.scratch = scratch;
    this.b = b;
    this.c = c;
    this.rows = rows;
  }

  /** Bytes from the weights of a step to those of the next. */
  long weightStride() {
    return 4L * layout.states;
  }
}
