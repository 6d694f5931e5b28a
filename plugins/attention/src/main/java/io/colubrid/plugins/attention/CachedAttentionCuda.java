package io.colubrid.plugins.attention;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@link CachedAttention} on a GPU: single tokens by a kernel that splits the cache over blocks,
 * more by tiles, once their keys and values are in the cache. What has no room there is dropped and
 * gets zeros: how full a cache is, is not known when launches are made.
 */
record CachedAttentionCuda(AttentionMask mask, double scale) implements CudaBody {
  private static final String FATBIN = "attention_cache";
  private static final int THREADS = 256;
  private static final long MOST_BLOCKS = 1 << 16;

  /** Where rounded caches lie in scratch memory, behind maps. */
  private static final long ROUNDED_AT = Math.ceilDiv(HopperMaps.WORKSPACE, 256L) * 256;

  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    DType stream = requireNonNull(inputs.get(CachedAttention.QUERY)).dtype();
    DType cache = cache(inputs);
    AttentionShape shape = shape(inputs);
    boolean same = stream == cache && (stream == DType.F32 || stream == DType.BF16);
    return (same || (stream == DType.BF16 && cache == DType.F32))
        && shape.headDim() <= PlainAttentionCuda.MOST_WIDTH
        && shape.keys() <= ScaledDotProductCuda.MOST_LENGTH;
  }

  private static DType cache(List<@Nullable TensorType> inputs) {
    return requireNonNull(inputs.get(CachedAttention.KEY_CACHE)).dtype();
  }

  /** Queries against the whole cache, which may be of another dtype. */
  private static AttentionShape shape(List<@Nullable TensorType> inputs) {
    Shape q = requireNonNull(inputs.get(CachedAttention.QUERY)).shape();
    Shape cache = requireNonNull(inputs.get(CachedAttention.KEY_CACHE)).shape();
    return new AttentionShape(q.dim(0), q.dim(1), q.dim(2), q.dim(3), cache.dim(1), cache.dim(2));
  }

  @Override
  public long forwardWorkspace(List<@Nullable TensorType> inputs) {
    AttentionShape shape = shape(inputs);
    if (DecodeCuda.serves(shape)) {
      return DecodeCuda.workspace(shape);
    }
    boolean half = requireNonNull(inputs.get(CachedAttention.QUERY)).dtype() == DType.BF16;
    return half ? ROUNDED_AT + 2 * roundedBytes(shape) : 0;
  }

  @Override
  public void forward(CudaCall call) {
    AttentionShape shape = shape(call.inputTypes());
    DType stream = requireNonNull(call.inputTypes().get(CachedAttention.QUERY)).dtype();
    DType cache = cache(call.inputTypes());
    if (DecodeCuda.serves(shape)) {
      new DecodeCuda(shape, stream, cache, mask, scale).run(call);
    } else if (HopperAttentionCuda.serves(call, stream, shape.headDim(), scale)) {
      long keys = call.workspace() + ROUNDED_AT;
      long values = keys + roundedBytes(shape);
      round(call, shape, cache, keys, values);
      append(call, shape, stream, cache, keys, values);
      new HopperAttentionCuda(shape, mask, scale).cached(call, keys, values);
    } else {
      append(call, shape, stream, cache, 0, 0);
      new PlainAttentionCuda(shape, stream, mask, scale).cached(call, cache);
    }
  }

  private static long roundedBytes(AttentionShape shape) {
    return Math.ceilDiv(2 * shape.batch() * shape.keys() * shape.keyStride(), 256L) * 256;
  }

  /**
   * Copies what the caches hold already, for tensor cores; new tokens come behind, and zeros behind
   * them.
   */
  private static void round(
      CudaCall call, AttentionShape shape, DType cache, long keys, long values) {
    long blocks = Math.ceilDiv(shape.keys() * shape.keyStride(), 8L * THREADS);
    boolean padded = call.input(CachedAttention.POSITIONS) != 0;
    call.launch(
        FATBIN,
        "attention_round_" + PlainAttentionCuda.suffix(cache),
        new CudaCall.Grid(Math.min(blocks, MOST_BLOCKS), shape.batch(), 1),
        THREADS,
        0,
        call.output(1),
        call.output(2),
        keys,
        values,
        call.input(CachedAttention.LENGTHS),
        padded ? 0 : Math.toIntExact(shape.length()),
        Math.toIntExact(shape.length() + HopperAttentionCuda.TILE),
        Math.toIntExact(shape.keys()),
        shape.keyStride());
  }

  private static void append(
      CudaCall call, AttentionShape shape, DType stream, DType cache, long keys, long values) {
    long elements = shape.batch() * shape.length() * shape.keyStride();
    call.launch(
        FATBIN,
        "attention_append",
        CudaCall.Grid.of(Math.min(Math.ceilDiv(elements, 4L * THREADS), MOST_BLOCKS)),
        THREADS,
        0,
        call.input(CachedAttention.KEY),
        call.input(CachedAttention.VALUE),
        call.output(1),
        call.output(2),
        keys,
        values,
        call.input(CachedAttention.LENGTHS),
        call.input(CachedAttention.POSITIONS),
        Math.toIntExact(shape.length()),
        Math.toIntExact(shape.keys()),
        shape.keyStride(),
        elements,
        stream == DType.BF16 ? 1 : 0,
        cache == DType.BF16 ? 1 : 0);
  }
}
