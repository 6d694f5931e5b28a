package io.colubrid.plugins.attention;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.spi.op.CpuCall;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** The forward pass over all tiles of all heads, in parallel. */
final class TiledForwardCpu {
  private final CpuCall call;
  private final AttentionShape shape;
  private final QueryTileCpu.Source source;
  private final KeyRanges ranges;
  private final @Nullable MemorySegment logSums;
  private final int tileRows;
  private final int tiles;

  /**
   * Reads queries from input 0 and writes output 0.
   *
   * @param keys of all rows of the batch; so are the values
   * @param ranges at the beginning of the workspace, filled in
   * @param logSums where {@link QueryTileCpu#logSum} of each row, head and query goes, or null
   */
  TiledForwardCpu(
      CpuCall call,
      AttentionShape shape,
      MemorySegment keys,
      MemorySegment values,
      double scale,
      KeyRanges ranges,
      @Nullable MemorySegment logSums) {
    this.call = call;
    this.shape = shape;
    this.ranges = ranges;
    this.logSums = logSums;
    this.source =
        new QueryTileCpu.Source(
            call.input(0),
            keys,
            values,
            call.output(0),
            (int) shape.headDim(),
            shape.queryStride(),
            shape.keyStride(),
            scale);
    this.tileRows = QueryTileCpu.rows(shape.length());
    this.tiles = (int) Math.ceilDiv(shape.length(), Math.max(1, tileRows));
  }

  static long workspace(AttentionShape shape, int threads) {
    return rangesBytes(shape) + threads * scratchBytes(shape);
  }

  private static long rangesBytes(AttentionShape shape) {
    return KeyRanges.bytes(shape.batch() * shape.length());
  }

  private static long scratchBytes(AttentionShape shape) {
    return QueryTileCpu.scratchBytes(
        QueryTileCpu.rows(shape.length()), QueryTileCpu.blockKeys(shape));
  }

  void run() {
    int blockKeys = QueryTileCpu.blockKeys(shape);
    long bytes = scratchBytes(shape);
    Parts.run(
        call.parallel(),
        shape.batch() * shape.heads() * tiles,
        (part, from, to) -> {
          MemorySegment scratch =
              call.workspace().asSlice(rangesBytes(shape) + part * bytes, bytes);
          var tile = new QueryTileCpu(call.blas(), source, ranges, scratch, tileRows, blockKeys);
          for (long i = from; i < to; i++) {
            run(tile, i / tiles, Parts.fromBothEnds((int) (i % tiles), tiles));
          }
        });
  }

  private void run(QueryTileCpu tile, long rowAndHead, int index) {
    long row = rowAndHead / shape.heads();
    long head = rowAndHead % shape.heads();
    int first = index * tileRows;
    int rows = (int) Math.min(tileRows, shape.length() - first);
    long queryAt = shape.queryAt(row, first, head);
    long keyAt = shape.keyAt(row, 0, head / shape.group());
    tile.run(rows, queryAt, keyAt, row * shape.length() + first);
    if (logSums != null) {
      for (int i = 0; i < rows; i++) {
        long at = rowAndHead * shape.length() + first + i;
        logSums.setAtIndex(JAVA_FLOAT, at, tile.logSum(i));
      }
    }
  }
}
