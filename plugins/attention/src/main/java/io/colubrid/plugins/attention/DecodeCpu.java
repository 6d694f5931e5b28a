package io.colubrid.plugins.attention;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.spi.op.CpuCall;
import io.colubrid.spi.op.Parallel;
import java.lang.foreign.MemorySegment;

/**
 * Attention of a single query a row. The keys of a head are read once for all query heads that
 * share them; where there are fewer heads of keys than threads, their context is split, and the
 * parts are put together by their largest scores and sums (flash-decoding).
 */
final class DecodeCpu {
  /** Keys that are handled together; with their values they should stay in the first cache. */
  private static final int BLOCK = 64;

  /** Fewer keys are not worth a thread of their own. */
  private static final int MIN_SPLIT = 256;

  private static final double LOG2_E = 1 / Math.log(2);

  private final AttentionShape shape;
  private final MemorySegment query;
  private final MemorySegment keys;
  private final MemorySegment values;
  private final MemorySegment out;
  private final MemorySegment workspace;
  private final Parallel parallel;
  private final KeyRanges ranges;
  private final float scale;
  private final int headDim;
  private final int splits;

  DecodeCpu(
      CpuCall call,
      AttentionShape shape,
      MemorySegment keys,
      MemorySegment values,
      double scale,
      KeyRanges ranges) {
    this.shape = shape;
    this.query = call.input(0);
    this.keys = keys;
    this.values = values;
    this.out = call.output(0);
    this.workspace = call.workspace();
    this.parallel = call.parallel();
    this.ranges = ranges;
    this.scale = (float) (scale * LOG2_E);
    this.headDim = (int) shape.headDim();
    this.splits = splits(shape, parallel.threads());
  }

  private static int splits(AttentionShape shape, int threads) {
    long heads = Math.max(1, shape.batch() * shape.kvHeads());
    long useful = Math.ceilDiv(shape.keys(), MIN_SPLIT);
    return heads >= threads ? 1 : (int) Math.clamp(useful, 1, Math.ceilDiv(threads, heads));
  }

  /** Stretches of keys, then a partial result for each query head and split, then scores. */
  static long workspace(AttentionShape shape, int threads) {
    long partials = shape.batch() * shape.heads() * splits(shape, threads);
    return KeyRanges.bytes(shape.batch())
        + partials * partialBytes(shape)
        + threads * (4L * VectorRowCpu.roundUp(BLOCK));
  }

  /** Largest score, sum, and the weighted sum of the values. */
  private static long partialBytes(AttentionShape shape) {
    return (4 * (shape.headDim() + 2) + 63) / 64 * 64;
  }

  private long partialAt(long row, long head, long split) {
    long index = (row * shape.heads() + head) * splits + split;
    return KeyRanges.bytes(shape.batch()) + index * partialBytes(shape);
  }

  void run() {
    long scoresAt = partialAt(shape.batch(), 0, 0);
    Parts.run(
        parallel,
        shape.batch() * shape.kvHeads() * splits,
        (part, from, to) -> {
          long scores = scoresAt + part * (4L * VectorRowCpu.roundUp(BLOCK));
          for (long i = from; i < to; i++) {
            long head = i / splits;
            split(head / shape.kvHeads(), head % shape.kvHeads(), i % splits, scores);
          }
        });
    for (long row = 0; row < shape.batch(); row++) {
      for (long head = 0; head < shape.heads(); head++) {
        combine(row, head);
      }
    }
  }

  private void split(long row, long kvHead, long split, long scores) {
    long all = ranges.to(row) - ranges.from(row);
    int from = (int) (ranges.from(row) + all * split / splits);
    int to = (int) (ranges.from(row) + all * (split + 1) / splits);
    long firstHead = kvHead * shape.group();
    for (long i = 0; i < shape.group(); i++) {
      long partial = partialAt(row, firstHead + i, split);
      workspace.set(JAVA_FLOAT, partial, Float.NEGATIVE_INFINITY);
      VectorRowCpu.fill(workspace, partial + 4, headDim + 1, 0);
    }
    for (int block = from; block < to; block += BLOCK) {
      int count = Math.min(BLOCK, to - block);
      long keyAt = 4 * shape.keyAt(row, block, kvHead);
      for (long i = 0; i < shape.group(); i++) {
        long head = firstHead + i;
        attend(4 * shape.queryAt(row, 0, head), keyAt, count, scores, partialAt(row, head, split));
      }
    }
  }

  /** Adds a block of keys to a partial result. */
  private void attend(long queryAt, long keyAt, int count, long scores, long partial) {
    long stride = 4 * shape.keyStride();
    VectorRowCpu.dots(
        query, queryAt, keys, keyAt, stride, count, headDim, scale, workspace, scores);
    int padded = VectorRowCpu.roundUp(count);
    VectorRowCpu.fill(workspace, scores + 4L * count, padded - count, Float.NEGATIVE_INFINITY);
    float before = workspace.get(JAVA_FLOAT, partial);
    float largest = Math.max(before, VectorRowCpu.max(workspace, scores, padded));
    float shift = largest == Float.NEGATIVE_INFINITY ? 0 : largest;
    float sum = VectorRowCpu.exponentials(workspace, scores, padded, shift);
    if (before != shift && before != Float.NEGATIVE_INFINITY) {
      float rescale = (float) Math.pow(2, before - shift);
      VectorRowCpu.scale(workspace, partial + 4, headDim + 1, rescale);
    }
    workspace.set(JAVA_FLOAT, partial, largest);
    workspace.set(JAVA_FLOAT, partial + 4, workspace.get(JAVA_FLOAT, partial + 4) + sum);
    VectorRowCpu.addWeighted(
        workspace, scores, values, keyAt, stride, count, headDim, workspace, partial + 8);
  }

  private void combine(long row, long head) {
    float largest = Float.NEGATIVE_INFINITY;
    for (int split = 0; split < splits; split++) {
      largest = Math.max(largest, workspace.get(JAVA_FLOAT, partialAt(row, head, split)));
    }
    float sum = 0;
    for (int split = 0; split < splits; split++) {
      long partial = partialAt(row, head, split);
      sum += weight(partial, largest) * workspace.get(JAVA_FLOAT, partial + 4);
    }
    long outAt = 4 * shape.queryAt(row, 0, head);
    VectorRowCpu.fill(out, outAt, headDim, 0);
    for (int split = 0; split < splits && sum != 0; split++) {
      long partial = partialAt(row, head, split);
      float weight = weight(partial, largest) / sum;
      VectorRowCpu.addScaled(workspace, partial + 8, weight, out, outAt, headDim);
    }
  }

  private float weight(long partial, float largest) {
    float own = workspace.get(JAVA_FLOAT, partial);
    return own == largest ? 1 : (float) Math.pow(2, own - largest);
  }
}
