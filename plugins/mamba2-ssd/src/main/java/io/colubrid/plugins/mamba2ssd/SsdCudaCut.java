package io.colubrid.plugins.mamba2ssd;

/**
 * How a recurrence is dealt out to the blocks of a kernel, so that a GPU is busy: its length is cut
 * into segments that run at once, which costs finding what they give to each other.
 *
 * @param blockHeads heads of a group that a block takes, one after the other or side by side
 */
record SsdCudaCut(int segments, int blockHeads) {
  // Blocks that run at once on the GPU that the kernels are tuned for, of 132 multiprocessors: of
  // those that pass states on, and of those that take heads one after the other or side by side.
  private static final long STATES_AT_ONCE = 528;
  private static final long OUTPUTS_AT_ONCE = 264;
  private static final long GRADIENTS_AT_ONCE = 396;
  private static final long RECURRENCES_AT_ONCE = 132;

  /** What a block spends before its first head, in heads. */
  private static final double HEADS_BEFORE = 1.5;

  // Finding what segments give to each other costs so much of a pass over them, and goes back so
  // many positions where decays are usual.
  private static final double SHARE_OF_ENDS = 0.6;
  private static final double REACH_OF_ENDS = 1500;

  private static final int FEWEST_CHUNKS = 4;

  /** What a block of so many heads takes for a chunk, and what it takes to find ends. */
  private static final double[] CHUNK_OF_HEADS = {0, 1.0, 1.25, 1.6};

  /**
   * Of kernels that take tiles of states, and then chunks.
   *
   * @param tiles of states
   */
  static SsdCudaCut ofTiles(SsdShape shape, int chunks, long tiles, boolean backward) {
    int segments = whole(chunks, segments(shape.length(), chunks, tiles));
    long pieces = (long) shape.batch() * chunks * shape.groups();
    return new SsdCudaCut(segments, blockHeads(shape, pieces, backward));
  }

  private static int segments(int length, int chunks, long tiles) {
    int best = 1;
    double least = Double.POSITIVE_INFINITY;
    for (int segments = 1; segments <= mostSegments(chunks); segments++) {
      double rounds = Math.ceilDiv(tiles * segments, STATES_AT_ONCE);
      double time = rounds / segments * (segments == 1 ? 1 : 1 + ends(length, segments));
      if (time < least) {
        least = time;
        best = segments;
      }
    }
    return best;
  }

  private static int mostSegments(int chunks) {
    return Math.max(1, Math.ceilDiv(chunks, FEWEST_CHUNKS));
  }

  /** What finding the ends of segments costs, in passes over them. */
  private static double ends(int length, int segments) {
    return SHARE_OF_ENDS * Math.min(1, REACH_OF_ENDS * segments / length);
  }

  /** As many segments as it takes when all but the last have the same number of chunks. */
  private static int whole(int chunks, int segments) {
    return Math.ceilDiv(chunks, Math.max(1, Math.ceilDiv(chunks, segments)));
  }

  private static int blockHeads(SsdShape shape, long pieces, boolean backward) {
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

  /** Of one kernel that takes some heads side by side from chunk to chunk. */
  static SsdCudaCut ofRecurrence(SsdShape shape, int chunks) {
    SsdCudaCut best = new SsdCudaCut(1, 1);
    double least = Double.POSITIVE_INFINITY;
    for (int heads = 1; heads < CHUNK_OF_HEADS.length; heads++) {
      long rows = (long) shape.batch() * shape.groups() * Math.ceilDiv(shape.headsOfGroup(), heads);
      for (int segments = 1; segments <= mostSegments(chunks); segments++) {
        double rounds = Math.ceilDiv(rows * segments, RECURRENCES_AT_ONCE);
        double time = rounds * Math.ceilDiv(chunks, segments) * CHUNK_OF_HEADS[heads];
        if (segments > 1) {
          time *= 1 + ends(shape.length(), segments);
        }
        if (time < least) {
          least = time;
          best = new SsdCudaCut(whole(chunks, segments), heads);
        }
      }
    }
    return best;
  }
}
