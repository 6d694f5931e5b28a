package io.colubrid.nn;

/**
 * Where things lie in the scratch memory of one slot of a scan. A column is a tile [{@link
 * ChannelGroups#TILE}, lanes] of one block of channels; fields give the byte offset of the first
 * block's.
 */
final class ScanLayout {
  /** States that one pass over a tile advances. */
  static final int PAIR = 2;

  final int lanes;
  final int states;
  final long vector;
  final long column;

  final long bias;
  final long skip;
  final long rate;
  final long decay;
  final long state;
  final long delta;
  final long input;
  final long y;
  final long gradY;
  final long gradDelta;
  final long gradInput;
  final long gradBias;
  final long gradSkip;
  final long gradDecay;
  final long carry;
  final long trail;
  final long sumB;
  final long sumC;
  final long staging;
  final long bytes;

  private long end;

  ScanLayout(int lanes, int states, int blocks, boolean backward) {
    this.lanes = lanes;
    this.states = states;
    vector = 4L * lanes;
    column = ChannelGroups.TILE * vector;
    long perState = (long) blocks * states * vector;
    bias = take(blocks * vector);
    skip = take(blocks * vector);
    rate = take(perState);
    state = take(perState);
    delta = take(blocks * column);
    input = take(blocks * column);
    y = take(blocks * column);
    decay = take(PAIR * column);
    long more = backward ? blocks : 0;
    gradY = take(more * column);
    gradDelta = take(more * column);
    gradInput = take(more * column);
    gradBias = take(more * vector);
    gradSkip = take(more * vector);
    gradDecay = take(backward ? perState : 0);
    carry = take(backward ? perState : 0);
    // A document has one state more than steps, and there may be as many documents as steps.
    trail = take(backward ? 2 * ChannelGroups.TILE * PAIR * vector : 0);
    sumB = take(backward ? PAIR * column : 0);
    sumC = take(backward ? PAIR * column : 0);
    staging = take((backward ? 7 : 4) * column);
    bytes = end;
  }

  private long take(long size) {
    long at = end;
    end += size;
    return at;
  }

  /** Offset of a vector a state, for one block and state. */
  long perState(long base, int block, int state) {
    return base + ((long) block * states + state) * vector;
  }
}
