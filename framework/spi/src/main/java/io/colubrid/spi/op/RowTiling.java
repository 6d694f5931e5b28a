package io.colubrid.spi.op;

/**
 * How rows lie over the threads of a GPU, for kernels that keep a row in registers: each of {@code
 * lanes} neighbouring threads holds {@code quads} times four elements, and a block takes one or
 * several rows. Rows that do not fit, or are not aligned, are taken in pieces by a whole block.
 *
 * @param lanes threads a row, a multiple of 32
 * @param quads vectors of four elements a thread; 0 for rows of any width
 * @param rowsPerBlock rows that a block takes at once
 */
public record RowTiling(int lanes, int quads, int rowsPerBlock) {
  private static final int WARP = 32;
  private static final int THREADS = 256;
  private static final int MOST_QUADS = 4;
  private static final int MOST_LANES = 384;
  private static final int ALIGNMENT = 16;

  /** With the registers that four elements a thread take, on a GPU of about 132 multiprocessors. */
  private static final long MOST_BLOCKS = 1056;

  /**
   * @param width elements of a row
   * @param addresses where tensors of such rows begin; 0 for those that are absent
   */
  public static RowTiling of(long width, long... addresses) {
    long vectors = width / 4;
    int quads = 1;
    while (quads < MOST_QUADS && vectors > (long) quads * THREADS) {
      quads *= 2;
    }
    long lanes = Math.ceilDiv(Math.ceilDiv(Math.max(1, vectors), quads), WARP) * WARP;
    if (width % 4 != 0 || lanes > MOST_LANES || !aligned(addresses)) {
      return new RowTiling(THREADS, 0, 1);
    }
    return new RowTiling((int) lanes, quads, (int) Math.max(1, THREADS / lanes));
  }

  private static boolean aligned(long... addresses) {
    for (long address : addresses) {
      if (address % ALIGNMENT != 0) {
        return false;
      }
    }
    return true;
  }

  /** Threads of a block. */
  public int threads() {
    return lanes * rowsPerBlock;
  }

  /** Blocks that take all rows at once. */
  public long blocks(long rows) {
    return Math.ceilDiv(rows, rowsPerBlock);
  }

  /**
   * Blocks that go over the rows in turns, as many as run at once, for kernels that keep sums over
   * the rows.
   */
  public long blocksInTurns(long rows) {
    return Math.min(blocks(rows), MOST_BLOCKS / (quads == 0 ? MOST_QUADS : quads));
  }

  /** The ending of the name of a kernel that is there for 1, 2 or 4 quads and for any width. */
  public String variant() {
    return quads == 0 ? "_any" : "_" + quads;
  }
}
