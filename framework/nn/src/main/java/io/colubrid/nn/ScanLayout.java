package io.colubrid.nn;

/**
 * Where things lie in the scratch memory of one slot of a scan, in bytes. What a step of a tile
 * needs of one block of channels lies together in a record of vectors: a column for each would put
 * all columns onto the same few lines of the first cache.
 */
final class ScanLayout {
  /** States that go back through a tile together. */
  static final int PAIR = 2;

  // Vectors in the record of a step: those of the forward pass, then those of the backward pass.
  static final int DELTA = 0;
  static final int INPUT = 1;
  static final int Y = 2;
  static final int GRAD_Y = 3;
  static final int GRAD_DELTA = 4;
  static final int GRAD_INPUT = 5;

  // Vectors in the record of a step of a pair of states, two of each.
  static final int DECAYS = 0;
  static final int TRAIL = 2;

  // Vectors in the record of the sums over blocks for a pair of states, two of each.
  static final int SUM_B = 0;
  static final int SUM_C = 2;

  private static final int FORWARD_VECTORS = 3;
  private static final int BACKWARD_VECTORS = 6;
  private static final int PAIR_VECTORS = 4;

  final int lanes;
  final int states;
  final long vector;

  /** Bytes of the record of a step, and of a step of a pair of states. */
  final long stepBytes;

  final long pairBytes;

  final long bias;
  final long skip;
  final long rate;
  final long state;
  final long gradBias;
  final long gradSkip;
  final long gradDecay;
  final long carry;
  final long staging;
  final long bytes;

  private final long steps;
  private final long trail;
  private final long sums;
  private long end;

  ScanLayout(int lanes, int states, int blocks, boolean backward) {
    this.lanes = lanes;
    this.states = states;
    vector = 4L * lanes;
    stepBytes = (backward ? BACKWARD_VECTORS : FORWARD_VECTORS) * vector;
    pairBytes = PAIR_VECTORS * vector;
    long perState = (long) blocks * states * vector;
    bias = take(blocks * vector);
    skip = take(blocks * vector);
    // One vector more, since decays are computed in pairs.
    rate = take(perState + vector);
    state = take(perState);
    steps = take((long) blocks * ChannelGroups.TILE * stepBytes);
    gradBias = take(backward ? blocks * vector : 0);
    gradSkip = take(backward ? blocks * vector : 0);
    gradDecay = take(backward ? perState : 0);
    carry = take(backward ? perState : 0);
    // A document has one state more than steps, and there may be as many documents as steps.
    trail = take(backward ? 2 * ChannelGroups.TILE * pairBytes : 0);
    sums = take(backward ? ChannelGroups.TILE * pairBytes : 0);
    staging = take((backward ? 7L : 4L) * ChannelGroups.TILE * vector);
    bytes = end;
  }

  private long take(long size) {
    long at = end;
    end += size;
    return at;
  }

  /** The record of step 0 of a block. */
  long steps(int block) {
    return steps + (long) block * ChannelGroups.TILE * stepBytes;
  }

  /** The record of step 0 of the trail that the run-th document of the tile leaves. */
  long trail(int run) {
    return trail + run * pairBytes;
  }

  /** The sums over blocks at step 0. */
  long sums() {
    return sums;
  }

  /** Offset of a vector a state, for one block and state. */
  long perState(long base, int block, int state) {
    return base + ((long) block * states + state) * vector;
  }
}
