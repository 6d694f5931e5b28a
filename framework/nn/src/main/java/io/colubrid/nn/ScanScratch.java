package io.colubrid.nn;

/** Where things lie in the scratch memory of a scan on a GPU, as addresses behind a first one. */
final class ScanScratch {
  private static final long ALIGNMENT = 256;

  final long ends;
  final long spans;
  final long b;
  final long c;
  final long a;
  final long skip;
  final long bias;
  final long end;

  private long next;

  ScanScratch(ScanGrid grid, long first) {
    boolean backward = grid.backward();
    next = first;
    long chunks = grid.chunks();
    long carried = chunks > 1 ? chunks : 0;
    ends = floats(grid.statesOf(carried));
    spans = floats(grid.channelsOf(carried));
    b = floats(backward ? grid.blocks() * grid.weights() : 0);
    c = floats(backward ? grid.blocks() * grid.weights() : 0);
    a = floats(backward ? grid.statesOf(chunks) : 0);
    skip = floats(backward ? grid.channelsOf(chunks) : 0);
    bias = floats(backward ? grid.channelsOf(chunks) : 0);
    end = next;
  }

  static long bytes(ScanGrid grid) {
    return new ScanScratch(grid, 0).end;
  }

  private long floats(long count) {
    long at = next;
    next += Math.ceilDiv(count * Float.BYTES, ALIGNMENT) * ALIGNMENT;
    return at;
  }
}
