package io.colubrid.plugins.attention;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.spi.op.Blas;
import io.colubrid.spi.op.CpuCall;
import java.lang.foreign.MemorySegment;

/**
 * Gradients of one head of keys and of the query heads that share it, tile by tile (Dao, 2023,
 * algorithm 2): with P the weights and D the row sums of out∘dOut,
 *
 * <pre>dV = Pᵀ·dOut, dS = P∘(dOut·Vᵀ − D), dQ = scale·dS·K, dK = scale·dSᵀ·Q</pre>
 *
 * One belongs to each part of a parallel loop.
 */
final class ScaledDotProductGradientCpu {
  private static final int ROWS = QueryTileCpu.ROWS;
  private static final double LOG2_E = 1 / Math.log(2);

  private final CpuCall call;
  private final Blas blas;
  private final AttentionShape shape;
  private final KeyRanges ranges;
  private final MemorySegment scratch;
  private final float scale;
  private final int headDim;
  private final int blockKeys;
  private final long gradientsAt;
  private final long deltasAt;

  ScaledDotProductGradientCpu(
      CpuCall call, AttentionShape shape, KeyRanges ranges, MemorySegment scratch, double scale) {
    this.call = call;
    this.blas = call.blas();
    this.shape = shape;
    this.ranges = ranges;
    this.scratch = scratch;
    this.scale = (float) scale;
    this.headDim = (int) shape.headDim();
    this.blockKeys = blockKeys(shape);
    long tile = 4L * rows(shape) * blockKeys;
    this.gradientsAt = tile;
    this.deltasAt = 2 * tile;
  }

  private static int rows(AttentionShape shape) {
    return (int) Math.min(ROWS, shape.length());
  }

  private static int blockKeys(AttentionShape shape) {
    return QueryTileCpu.blockKeys(shape);
  }

  /** Two tiles, of scores and of their gradients, and D. */
  static long scratchBytes(AttentionShape shape) {
    long rows = rows(shape);
    return (8 * rows * blockKeys(shape) + 4 * rows + 63) / 64 * 64;
  }

  void run(long row, long kvHead) {
    zeroKeyGradients(ScaledDotProduct.KEY, row, kvHead);
    zeroKeyGradients(ScaledDotProduct.VALUE, row, kvHead);
    for (long head = kvHead * shape.group(); head < (kvHead + 1) * shape.group(); head++) {
      for (long first = 0; first < shape.length(); first += ROWS) {
        tile(row, head, first, (int) Math.min(ROWS, shape.length() - first));
      }
    }
  }

  private void zeroKeyGradients(int input, long row, long kvHead) {
    if (call.wantsGradient(input)) {
      MemorySegment gradient = call.inputGradient(input);
      for (long key = 0; key < shape.keys(); key++) {
        VectorRowCpu.fill(gradient, 4 * shape.keyAt(row, key, kvHead), headDim, 0);
      }
    }
  }

  private void tile(long row, long head, long firstQuery, int rows) {
    long queryAt = shape.queryAt(row, firstQuery, head);
    int first = Integer.MAX_VALUE;
    int last = 0;
    for (int i = 0; i < rows; i++) {
      long query = row * shape.length() + firstQuery + i;
      if (ranges.from(query) < ranges.to(query)) {
        first = Math.min(first, ranges.from(query));
        last = Math.max(last, ranges.to(query));
      }
      long at = 4 * (queryAt + i * shape.queryStride());
      float delta = VectorRowCpu.dot(call.output(0), at, call.outputGradient(0), at, headDim);
      scratch.set(JAVA_FLOAT, deltasAt + 4L * i, delta);
    }
    if (first >= last) {
      zeroQueryGradients(queryAt, rows);
    }
    int step = first < last ? QueryTileCpu.evenly(last - first, blockKeys) : 1;
    for (int block = first; block < last; block += step) {
      int keys = Math.min(step, last - block);
      long keyAt = shape.keyAt(row, block, head / shape.group());
      recompute(queryAt, keyAt, rows, keys);
      for (int i = 0; i < rows; i++) {
        scoreGradients(row, head, firstQuery, i, block, keys);
      }
      accumulate(queryAt, keyAt, rows, keys, block == first);
    }
  }

  private void zeroQueryGradients(long queryAt, int rows) {
    if (call.wantsGradient(ScaledDotProduct.QUERY)) {
      MemorySegment gradient = call.inputGradient(ScaledDotProduct.QUERY);
      for (int i = 0; i < rows; i++) {
        long at = 4 * (queryAt + i * shape.queryStride());
        VectorRowCpu.fill(gradient, at, headDim, 0);
      }
    }
  }

  /** Scores, in units of ln 2, and the gradients of the weights. */
  private void recompute(long queryAt, long keyAt, int rows, int keys) {
    blas.gemm(
        false,
        true,
        rows,
        keys,
        headDim,
        (float) (scale * LOG2_E),
        call.input(ScaledDotProduct.QUERY),
        queryAt,
        shape.queryStride(),
        call.input(ScaledDotProduct.KEY),
        keyAt,
        shape.keyStride(),
        0,
        scratch,
        0,
        blockKeys);
    blas.gemm(
        false,
        true,
        rows,
        keys,
        headDim,
        1,
        call.outputGradient(0),
        queryAt,
        shape.queryStride(),
        call.input(ScaledDotProduct.VALUE),
        keyAt,
        shape.keyStride(),
        0,
        scratch,
        gradientsAt / 4,
        blockKeys);
  }

  private void scoreGradients(
      long row, long head, long firstQuery, int index, int firstKey, int keys) {
    long query = firstQuery + index;
    long range = row * shape.length() + query;
    int seenFrom = Math.clamp(ranges.from(range) - firstKey, 0, keys);
    int seenTo = Math.clamp(ranges.to(range) - firstKey, seenFrom, keys);
    long scores = 4L * index * blockKeys;
    long gradients = gradientsAt + scores;
    if (seenFrom == seenTo) {
      VectorRowCpu.fill(scratch, scores, keys, 0);
      VectorRowCpu.fill(scratch, gradients, keys, 0);
      return;
    }
    int from = VectorRowCpu.roundDown(seenFrom);
    int to = VectorRowCpu.roundUp(seenTo);
    QueryTileCpu.hide(scratch, scores, from, seenFrom, seenTo, to, keys);
    VectorRowCpu.fill(scratch, gradients, from, 0);
    VectorRowCpu.fill(scratch, gradients + 4L * to, keys - to, 0);
    long logSumAt = (row * shape.heads() + head) * shape.length() + query;
    float logSum = call.saved(0).getAtIndex(JAVA_FLOAT, logSumAt);
    float delta = scratch.get(JAVA_FLOAT, deltasAt + 4L * index);
    VectorRowCpu.scoreGradients(
        scratch, scores + 4L * from, gradients + 4L * from, to - from, logSum, delta);
  }

  private void accumulate(long queryAt, long keyAt, int rows, int keys, boolean firstBlock) {
    if (call.wantsGradient(ScaledDotProduct.VALUE)) {
      blas.gemm(
          true,
          false,
          keys,
          headDim,
          rows,
          1,
          scratch,
          0,
          blockKeys,
          call.outputGradient(0),
          queryAt,
          shape.queryStride(),
          1,
          call.inputGradient(ScaledDotProduct.VALUE),
          keyAt,
          shape.keyStride());
    }
    if (call.wantsGradient(ScaledDotProduct.KEY)) {
      blas.gemm(
          true,
          false,
          keys,
          headDim,
          rows,
          scale,
          scratch,
          gradientsAt / 4,
          blockKeys,
          call.input(ScaledDotProduct.QUERY),
          queryAt,
          shape.queryStride(),
          1,
          call.inputGradient(ScaledDotProduct.KEY),
          keyAt,
          shape.keyStride());
    }
    if (call.wantsGradient(ScaledDotProduct.QUERY)) {
      blas.gemm(
          false,
          false,
          rows,
          headDim,
          keys,
          scale,
          scratch,
          gradientsAt / 4,
          blockKeys,
          call.input(ScaledDotProduct.KEY),
          keyAt,
          shape.keyStride(),
          firstBlock ? 0 : 1,
          call.inputGradient(ScaledDotProduct.QUERY),
          queryAt,
          shape.queryStride());
    }
  }
}
