package io.colubrid.plugins.mamba2ssd;

/**
 * Where things lie in the scratch memory of one part of the loop, in bytes. Rows of a tile and
 * vectors over a chunk are padded to {@link #line}.
 */
final class SsdScratch {
  private static final int ALIGNMENT = 64;

  /** Vectors over a chunk that each head has. */
  enum Line {
    /** Sum of Δ·A from the chunk's begin, in units of ln 2, and what its float rounds away. */
    SUM(0),
    SUM_REST(1),
    DELTA(2),
    /** Decay from the chunk's begin to a position; 0 where the state does not reach it. */
    FROM_BEGIN(3),
    /** Decay from a position to the chunk's end; 0 where another document begins between. */
    TO_END(4),
    /** Δ times the decay to the end. */
    SHARE(5),
    /** Gradient of Δ where it scales x. */
    GRAD_DELTA(6);

    static final int FORWARD = 6;
    static final int BACKWARD = 7;

    private final int place;

    Line(int place) {
      this.place = place;
    }
  }

  final int line;

  /** Elements from one row of a tile to the next. */
  final int tileStride;

  /** [tile, chunk]: C·Bᵀ, and its diagonal by itself. */
  final long cb;

  final long diagonal;

  /** [tile, chunk]: the same with decays, or its gradient. */
  final long weights;

  /** [chunk, heads·headDim]: rows multiplied by something. */
  final long scaled;

  /** [heads·headDim, states]: the state, or its gradient. */
  final long state;

  final long gradCb;
  final long gradX;
  final long gradB;
  final long gradC;

  /** [chunk, states]. */
  final long fromState;

  /** A row of a tile or a number a position, and a vector of doubles. */
  final long products;

  final long lanes;

  final long bytes;
  private final long gradSums;
  private final int linesOfHead;

  SsdScratch(SsdShape shape, boolean backward) {
    tileStride = Math.ceilDiv(shape.chunk(), 16) * 16;
    line = Float.BYTES * tileStride;
    linesOfHead = backward ? Line.BACKWARD : Line.FORWARD;
    int heads = shape.headsOfBlock();
    long tile = (long) SsdShape.TILE * line;
    long wide = aligned(4L * shape.chunk() * heads * shape.headDim());
    long narrow = aligned(4L * shape.chunk() * shape.states());
    cb = (long) heads * linesOfHead * line;
    diagonal = cb + tile;
    weights = diagonal + aligned(4L * SsdShape.TILE);
    scaled = weights + tile;
    state = scaled + wide;
    gradCb = state + aligned(4L * heads * shape.stateOfHead());
    gradX = gradCb + (backward ? tile : 0);
    gradB = gradX + (backward ? wide : 0);
    gradC = gradB + (backward ? narrow : 0);
    fromState = gradC + (backward ? narrow : 0);
    products = fromState + (backward ? narrow : 0);
    lanes = products + line;
    gradSums = lanes + ALIGNMENT;
    bytes = gradSums + (backward ? 2L * heads * line : 0);
  }

  private static long aligned(long bytes) {
    return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
  }

  /** Doubles over a chunk: the gradient of a head's sum of Δ·A, of which much cancels out. */
  long gradSum(int head) {
    return gradSums + 2L * head * line;
  }

  /** A vector of a head of the block. */
  long line(int head, Line which) {
    return (long) (head * linesOfHead + which.place) * line;
  }
}
