package io.colubrid.plugins.attention;

import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;

/**
 * Launches of a decoding step: one new token a row. Where heads are few, each one's keys are split
 * over blocks, and a second kernel joins their parts in their order.
 */
record DecodeCuda(
    AttentionShape shape, DType stream, DType cache, AttentionMask mask, double scale) {
  private static final String FATBIN = "attention_decode";
  private static final int THREADS = 128;
  private static final int EACH = 8;
  private static final int MOST_HEADS_AT_ONCE = 4;

  /** Blocks that fill any GPU. */
  private static final long ENOUGH_BLOCKS = 512;

  private static final long LEAST_KEYS_OF_SPLIT = 64;
  private static final long MOST_SPLITS = 64;

  static boolean serves(AttentionShape shape) {
    return shape.length() == 1 && shape.headDim() % EACH == 0;
  }

  /** Weighted sums of each split, their greatest score, and the sum of weights. */
  static long workspace(AttentionShape shape) {
    long splits = splits(shape);
    return splits == 1 ? 0 : 4 * shape.batch() * shape.heads() * splits * (shape.headDim() + 2);
  }

  private static long splits(AttentionShape shape) {
    long blocks = Math.max(1, shape.batch() * shape.kvHeads() * chunks(shape));
    long useful = Math.clamp(shape.keys() / LEAST_KEYS_OF_SPLIT, 1, MOST_SPLITS);
    return Math.clamp(ENOUGH_BLOCKS / blocks, 1, useful);
  }

  private static int headsAtOnce(AttentionShape shape) {
    return shape.group() == 1 ? 1 : MOST_HEADS_AT_ONCE;
  }

  private static long chunks(AttentionShape shape) {
    return Math.ceilDiv(shape.group(), (long) headsAtOnce(shape));
  }

  void run(CudaCall call) {
    long splits = splits(shape);
    int lanes = shape.headDim() > 128 ? 32 : shape.headDim() > 64 ? 16 : 8;
    call.launch(
        FATBIN,
        "attention_decode_%s_%d_%d"
            .formatted(PlainAttentionCuda.suffix(cache), lanes, headsAtOnce(shape)),
        new CudaCall.Grid(splits, shape.kvHeads() * chunks(shape), shape.batch()),
        THREADS,
        0,
        call.input(CachedAttention.QUERY),
        call.input(CachedAttention.KEY),
        call.input(CachedAttention.VALUE),
        call.output(0),
        call.output(1),
        call.output(2),
        call.input(CachedAttention.LENGTHS),
        call.input(CachedAttention.POSITIONS),
        call.workspace(),
        stream == DType.BF16 ? 1 : 0,
        Math.toIntExact(shape.keys()),
        PlainAttentionCuda.window(mask),
        Math.toIntExact(shape.heads()),
        Math.toIntExact(shape.group()),
        Math.toIntExact(shape.headDim()),
        Math.toIntExact(splits),
        (float) scale);
    if (splits > 1) {
      join(call, splits);
    }
  }

  private void join(CudaCall call, long splits) {
    call.launch(
        FATBIN,
        "attention_decode_combine_" + PlainAttentionCuda.suffix(stream),
        CudaCall.Grid.of(shape.batch() * shape.heads()),
        THREADS,
        0,
        call.workspace(),
        call.output(0),
        Math.toIntExact(shape.headDim()),
        Math.toIntExact(splits));
  }
}
