package io.colubrid.plugins.attention;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.spi.op.Blas;
import java.lang.foreign.MemorySegment;

/**
 * The attention of a few queries that share one head of keys, over blocks of keys with a running
 * softmax (Milakov and Gimelshein, 2018; Dao, 2023). Scores are in units of ln 2, so that weights
 * are powers of 2. One belongs to each part of a parallel loop.
 */
final class QueryTileCpu {
  /** Queries of one head that are handled together. */
  static final int ROWS = 64;

  /** The most keys in a block; a block of scores should stay in the second cache. */
  private static final int KEYS = 512;

  private static final int FEWEST_KEYS = 64;

  /** Up to so many multiply-adds OpenBLAS multiplies without copying its operands first. */
  private static final long SMALL_PRODUCT = 1_000_000;

  private static final double LOG2_E = 1 / Math.log(2);

  private final Blas blas;
  private final Source source;
  private final KeyRanges ranges;
  private final MemorySegment scratch;
  private final int blockKeys;
  private final long sumsAt;

  /**
   * What a tile reads and writes; all rows are {@code headDim} floats.
   *
   * @param queryStride elements from one query of a tile to the next; the same in the output
   * @param keyStride elements from one key of a head to the next; the same for values
   * @param scale of the scores
   */
  record Source(
      MemorySegment query,
      MemorySegment keys,
      MemorySegment values,
      MemorySegment out,
      int headDim,
      long queryStride,
      long keyStride,
      double scale) {}

  QueryTileCpu(
      Blas blas, Source source, KeyRanges ranges, MemorySegment scratch, int rows, int blockKeys) {
    this.blas = blas;
    this.source = source;
    this.ranges = ranges;
    this.scratch = scratch;
    this.blockKeys = blockKeys;
    this.sumsAt = 4L * rows * blockKeys;
  }

  /** The most keys that a block of a shape can have, a multiple of a vector's lanes. */
  static int blockKeys(AttentionShape shape) {
    long small = SMALL_PRODUCT / (ROWS * Math.max(1, shape.headDim()));
    int most = VectorRowCpu.roundDown(Math.clamp(small, FEWEST_KEYS, KEYS));
    return Math.min(most, VectorRowCpu.roundUp((int) Math.min(KEYS, shape.keys())));
  }

  /** Keys in each block, so that so many are cut into blocks of about one size. */
  static int evenly(int keys, int blockKeys) {
    return VectorRowCpu.roundUp(Math.ceilDiv(keys, Math.ceilDiv(keys, blockKeys)));
  }

  static int rows(long queries) {
    return (int) Math.min(ROWS, queries);
  }

  static long scratchBytes(int rows, int blockKeys) {
    return (4L * rows * blockKeys + 8L * rows + 63) / 64 * 64;
  }

  /**
   * Writes the output of {@code rows} queries.
   *
   * @param queryAt element at which the first query begins
   * @param keyAt element at which key 0 of the head begins
   * @param rangeAt index of the first query's stretch of keys
   */
  void run(int rows, long queryAt, long keyAt, long rangeAt) {
    int first = Integer.MAX_VALUE;
    int last = 0;
    for (int i = 0; i < rows; i++) {
      long at = rangeAt + i;
      if (ranges.from(at) < ranges.to(at)) {
        first = Math.min(first, ranges.from(at));
        last = Math.max(last, ranges.to(at));
      }
      setLargest(i, Float.NEGATIVE_INFINITY);
      setSum(i, 0);
    }
    if (first >= last) {
      zero(rows, queryAt);
      return;
    }
    int step = evenly(last - first, blockKeys);
    for (int block = first; block < last; block += step) {
      block(rows, queryAt, keyAt, rangeAt, block, Math.min(step, last - block), block > first);
    }
    for (int i = 0; i < rows; i++) {
      float factor = sum(i) == 0 ? 0 : 1 / sum(i);
      scaleOutput(i, queryAt, factor);
    }
  }

  private void block(
      int rows, long queryAt, long keyAt, long rangeAt, int from, int keys, boolean add) {
    long k = keyAt + from * source.keyStride;
    float alpha = (float) (source.scale * LOG2_E);
    blas.gemm(
        false,
        true,
        rows,
        keys,
        source.headDim,
        alpha,
        source.query,
        queryAt,
        source.queryStride,
        source.keys,
        k,
        source.keyStride,
        0,
        scratch,
        0,
        blockKeys);
    for (int i = 0; i < rows; i++) {
      long range = rangeAt + i;
      int seenFrom = Math.clamp(ranges.from(range) - from, 0, keys);
      int seenTo = Math.clamp(ranges.to(range) - from, seenFrom, keys);
      float rescale = weigh(i, seenFrom, seenTo, keys);
      if (add && rescale != 1) {
        scaleOutput(i, queryAt, rescale);
      }
    }
    blas.gemm(
        false,
        false,
        rows,
        source.headDim,
        keys,
        1,
        scratch,
        0,
        blockKeys,
        source.values,
        k,
        source.keyStride,
        add ? 1 : 0,
        source.out,
        queryAt,
        source.queryStride);
  }

  /**
   * Turns a row's scores into weights relative to the largest score so far.
   *
   * @return what to multiply earlier weights by
   */
  private float weigh(int row, int seenFrom, int seenTo, int keys) {
    long at = 4L * row * blockKeys;
    if (seenFrom == seenTo) {
      VectorRowCpu.fill(scratch, at, keys, 0);
      return 1;
    }
    int from = VectorRowCpu.roundDown(seenFrom);
    int to = VectorRowCpu.roundUp(seenTo);
    hide(scratch, at, from, seenFrom, seenTo, to, keys);
    float before = largest(row);
    float largest = Math.max(before, VectorRowCpu.max(scratch, at + 4L * from, to - from));
    float shift = largest == Float.NEGATIVE_INFINITY ? 0 : largest;
    float sum = VectorRowCpu.exponentials(scratch, at + 4L * from, to - from, shift);
    boolean same = before == shift || before == Float.NEGATIVE_INFINITY;
    float rescale = same ? 1 : (float) Math.pow(2, before - shift);
    setLargest(row, largest);
    setSum(row, sum(row) * rescale + sum);
    return rescale;
  }

  /** Puts −∞ around the keys a query sees, up to whole vectors, and zeros beyond. */
  static void hide(
      MemorySegment scores, long at, int from, int seenFrom, int seenTo, int to, int keys) {
    VectorRowCpu.fill(scores, at, from, 0);
    for (int i = from; i < seenFrom; i++) {
      scores.set(JAVA_FLOAT, at + 4L * i, Float.NEGATIVE_INFINITY);
    }
    for (int i = seenTo; i < to; i++) {
      scores.set(JAVA_FLOAT, at + 4L * i, Float.NEGATIVE_INFINITY);
    }
    VectorRowCpu.fill(scores, at + 4L * to, keys - to, 0);
  }

  private void zero(int rows, long queryAt) {
    for (int i = 0; i < rows; i++) {
      long at = 4 * (queryAt + i * source.queryStride);
      VectorRowCpu.fill(source.out, at, source.headDim, 0);
    }
  }

  private void scaleOutput(int row, long queryAt, float factor) {
    long at = 4 * (queryAt + row * source.queryStride);
    VectorRowCpu.scale(source.out, at, source.headDim, factor);
  }

  /**
   * log₂ of the sum of a row's exponentials; +∞ for a row that saw nothing, so its weights are 0.
   */
  float logSum(int row) {
    return sum(row) == 0
        ? Float.POSITIVE_INFINITY
        : (float) (largest(row) + Math.log(sum(row)) * LOG2_E);
  }

  private float largest(int row) {
    return scratch.get(JAVA_FLOAT, sumsAt + 8L * row);
  }

  private float sum(int row) {
    return scratch.get(JAVA_FLOAT, sumsAt + 8L * row + 4);
  }

  private void setLargest(int row, float value) {
    scratch.set(JAVA_FLOAT, sumsAt + 8L * row, value);
  }

  private void setSum(int row, float value) {
    scratch.set(JAVA_FLOAT, sumsAt + 8L * row + 4, value);
  }
}
