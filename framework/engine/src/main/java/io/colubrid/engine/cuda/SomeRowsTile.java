package io.colubrid.engine.cuda;

import io.colubrid.spi.op.CudaCall.Grid;

/** How a kernel of {@code kernels/some_rows} cuts a product; each of these has one. */
enum SomeRowsTile {
  C48X4(48, 4, 1, 3),
  C32X4(32, 4, 2, 6),
  C16X8(16, 8, 1, 3),
  C32X1(32, 1, 2, 2),
  /** Its blocks stay, and take tile after tile. */
  C64(64, 1, 2, 6);

  /** Rows of a tile. */
  static final int ROWS = 64;

  /** Columns that are finished together. */
  static final int QUAD = 4;

  /** Columns from which on memory is busy with one tile after another. */
  private static final long MANY_COLUMNS = 10_240;

  /** Blocks of tile after tile that a multiprocessor has room for. */
  private static final long STAYING = 2;

  private static final int DEPTH = 64;
  private static final int BARRIER_BYTES = 16;

  final int columns;
  final int slices;
  private final int groups;
  private final int stages;

  SomeRowsTile(int columns, int slices, int groups, int stages) {
    this.columns = columns;
    this.slices = slices;
    this.groups = groups;
    this.stages = stages;
  }

  /** The one that suits the products of a group. */
  static SomeRowsTile of(ProductGroup group) {
    long n = group.columns();
    long k = group.x().dim(-1);
    if (n > MANY_COLUMNS) {
      return C64;
    }
    if (k <= 2 * DEPTH) {
      return C32X1;
    }
    return n > 1024 ? C48X4 : n > 256 ? C32X4 : C16X8;
  }

  /** Whether there is a kernel that convolves: small products do not gain from it. */
  boolean convolves() {
    return this == C48X4 || this == C32X4;
  }

  /** Whether there is a kernel that adds and norms. */
  boolean adds() {
    return this == C32X4;
  }

  /** Whether there is a kernel that has the cache bring what is read soon. */
  boolean brings() {
    return this != C64;
  }

  /** The ending of the name of a kernel. */
  String suffix() {
    return "_" + columns + (this == C64 ? "" : "x" + slices);
  }

  /** Blocks of a product of m rows and n columns. */
  Grid grid(long m, long n, int multiprocessors) {
    long high = Math.ceilDiv(m, ROWS);
    long wide = Math.ceilDiv(n, columns);
    return this == C64
        ? new Grid(Math.min(wide, Math.max(1, STAYING * multiprocessors / high)), high, 1)
        : new Grid(wide * slices, high, 1);
  }

  int threads() {
    return 128 * groups;
  }

  int sharedBytes() {
    int all = stages * 2 * DEPTH * (ROWS + columns);
    if (this == C64) {
      return all;
    }
    int scales = ROWS * Float.BYTES;
    int sums = 2 * ROWS * (columns + 8) * Float.BYTES;
    return all + sums + BARRIER_BYTES + scales;
  }
}
