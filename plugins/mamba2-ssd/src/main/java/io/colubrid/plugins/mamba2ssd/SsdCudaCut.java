package io.colubrid.plugins.mamba2ssd;

/**
 * How a recurrence is dealt out to the blocks of a kernel, so that a GPU is busy: its length is cut
 * into segments that run at once, which costs finding what they give to each other.
 *
 * @param blockHeads heads of a group that a block takes, one after the other or side by side
 */
record SsdCudaCut(int segments, int blockHeads) {
  // Blocks that run at once on the GPU that the kernels are tuned for, of 132 multiprocessors: of
  // those that pass states on, and of those that take heads one after the other.
  private static final long STATES_AT_ONCE = 528;
  private static final long OUTPUTS_AT_ONCE = 264;
  private static final long GRADIENTS_AT_ONCE = 396;
  private static final long MULTIPROCESSORS = 132;

  /** What a block spends before its first head, in heads. */
  private static final double HEADS_BEFORE = 1.5;

  // Finding what segments give to each other costs so much of a pass over them, and goes back so
  // many positions where decays are usual.
  private static final double SHARE_OF_ENDS = 0.6;
  private static final double REACH_OF_ENDS = 1500;

  private static final int FEWEST_CHUNKS = 4;

  // Microseconds of a recurrence: of a block of one, two or three heads for a chunk, and before the
  // first one.
  private static final double[] CHUNK = {1.5, 2.1, 3.1};
  private static final double START = 5;

  /** Heads of a block that takes them side by side. */
  static final int MOST_HEADS = CHUNK.length;

  // Of finding ends: of its launches, for each segment, and for a chunk, the last where so many
  // blocks share a multiprocessor.
  private static final double LAUNCHES = 10;
  private static final double SEGMENT = 1.75;
  private static final double CHUNK_OF_ENDS = 0.8;
  private static final double SHARED_CHUNK_OF_ENDS = 0.62;
  private static final int REACH_IN_CHUNKS = 24;

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

  /**
   * Of one kernel that takes some heads side by side from chunk to chunk.
   *
   * @param tiles of states
   */
  static SsdCudaCut ofRecurrence(SsdShape shape, int chunks, long tiles) {
    SsdCudaCut best = new SsdCudaCut(1, 1);
    double least = Double.POSITIVE_INFINITY;
    long rows = (long) shape.batch() * shape.groups();
    for (int heads = 1; heads <= MOST_HEADS; heads++) {
      long blocks = rows * Math.ceilDiv(shape.headsOfGroup(), heads);
      for (int segments = 1; segments <= mostSegments(chunks); segments++) {
        double rounds = Math.ceilDiv(blocks * segments, MULTIPROCESSORS);
        int length = Math.ceilDiv(chunks, segments);
        double ends = segments == 1 ? 0 : microsOfEnds(segments, length, tiles);
        double time = START + rounds * length * CHUNK[heads - 1] + ends;
        if (time < least) {
          least = time;
          best = new SsdCudaCut(whole(chunks, segments), heads);
        }
      }
    }
    return best;
  }

  private static double microsOfEnds(int segments, int length, long tiles) {
    double shared = (double) tiles * segments / MULTIPROCESSORS;
    double chunk = Math.max(CHUNK_OF_ENDS, SHARED_CHUNK_OF_ENDS * shared);
    return LAUNCHES + SEGMENT * segments + Math.min(REACH_IN_CHUNKS, length) * chunk;
  }
}
