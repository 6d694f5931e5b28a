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
  private static final int APPEND_THREADS = 256;
  private static final long MOST_BLOCKS = 1 << 16;

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
    return DecodeCuda.serves(shape) ? DecodeCuda.workspace(shape) : HopperMaps.WORKSPACE;
  }

  @Override
  public void forward(CudaCall call) {
    AttentionShape shape = shape(call.inputTypes());
    DType stream = requireNonNull(call.inputTypes().get(CachedAttention.QUERY)).dtype();
    DType cache = cache(call.inputTypes());
    if (DecodeCuda.serves(shape)) {
      new DecodeCuda(shape, stream, cache, mask, scale).run(call);
      return;
    }
    append(call, shape, stream, cache);
    if (HopperAttentionCuda.serves(call, stream, shape.headDim())) {
      new HopperAttentionCuda(shape, mask, scale).cached(call, cache);
    } else {
      new PlainAttentionCuda(shape, stream, mask, scale).cached(call, cache);
    }
  }

  private static void append(CudaCall call, AttentionShape shape, DType stream, DType cache) {
    long elements = shape.batch() * shape.length() * shape.keyStride();
    call.launch(
        PlainAttentionCuda.FATBIN,
        "attention_append_%s_%s"
            .formatted(PlainAttentionCuda.suffix(stream), PlainAttentionCuda.suffix(cache)),
        CudaCall.Grid.of(Math.min(Math.ceilDiv(elements, (long) APPEND_THREADS), MOST_BLOCKS)),
        APPEND_THREADS,
        0,
        call.input(CachedAttention.KEY),
        call.input(CachedAttention.VALUE),
        call.output(1),
        call.output(2),
        call.input(CachedAttention.LENGTHS),
        call.input(CachedAttention.POSITIONS),
        Math.toIntExact(shape.length()),
        Math.toIntExact(shape.keys()),
        shape.keyStride(),
        elements);
  }
}
