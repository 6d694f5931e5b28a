package io.colubrid.plugins.attention;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The definition of attention with a cache: new rows are placed by a product with ones and zeros.
 */
final class CachedAttentionReference {
  private final Ops ops;
  private final ScaledDotProductReference attention;

  CachedAttentionReference(Ops ops, AttentionMask mask, double scale) {
    this.ops = ops;
    this.attention = new ScaledDotProductReference(ops, mask, scale);
  }

  List<Tensor> advance(List<@Nullable Tensor> inputs) {
    Tensor q = requireNonNull(inputs.get(CachedAttention.QUERY));
    Tensor k = requireNonNull(inputs.get(CachedAttention.KEY));
    Tensor v = requireNonNull(inputs.get(CachedAttention.VALUE));
    Tensor keyCache = requireNonNull(inputs.get(CachedAttention.KEY_CACHE));
    Tensor valueCache = requireNonNull(inputs.get(CachedAttention.VALUE_CACHE));
    Tensor lengths = requireNonNull(inputs.get(CachedAttention.LENGTHS));
    Tensor positions =
        inputs.size() > CachedAttention.POSITIONS ? inputs.get(CachedAttention.POSITIONS) : null;
    long capacity = keyCache.dim(1);
    Tensor place = places(lengths, positions, q.dim(0), q.dim(1));
    Tensor slots = ops.range(DType.F32, capacity);
    Tensor goesTo =
        ops.compare(
            Comparison.EQUAL,
            ops.reshape(slots, Shape.of(1, capacity, 1)),
            ops.reshape(place, Shape.of(q.dim(0), 1, q.dim(1))));
    Tensor keys = write(keyCache, k, goesTo);
    Tensor values = write(valueCache, v, goesTo);
    Tensor query = ops.reshape(place, Shape.of(q.dim(0), q.dim(1), 1));
    Tensor key = ops.reshape(slots, Shape.of(1, 1, capacity));
    Tensor out =
        attention.attend(
            q,
            ops.cast(keys, q.dtype()),
            ops.cast(values, q.dtype()),
            scores -> attention.masked(scores, query, key, null));
    return List.of(out, keys, values);
  }

  /** Where in the cache each new token goes, F32 [batch, length]; −1 for padding. */
  private Tensor places(Tensor lengths, @Nullable Tensor positions, long batch, long length) {
    Tensor before = ops.reshape(ops.cast(lengths, DType.F32), Shape.of(batch, 1));
    if (positions == null) {
      Tensor index = ops.reshape(ops.range(DType.F32, length), Shape.of(1, length));
      return ops.add(before, index);
    }
    Tensor index = ops.cast(positions, DType.F32);
    Tensor zero = ops.constant(DType.F32, Shape.of(1, 1), 0);
    Tensor none = ops.constant(DType.F32, Shape.of(1, 1), -1);
    Tensor real = ops.compare(Comparison.GREATER_OR_EQUAL, index, zero);
    return ops.where(real, ops.add(before, index), none);
  }

  /**
   * @param goesTo U8 [batch, capacity, length], 1 where a token goes to a slot
   */
  private Tensor write(Tensor cache, Tensor rows, Tensor goesTo) {
    DType dtype = cache.dtype();
    Shape one = Shape.of(1, 1, 1);
    Tensor zero = ops.constant(dtype, one, 0);
    Tensor chosen = ops.where(goesTo, ops.constant(dtype, one, 1), zero);
    long width = cache.dim(2) * cache.dim(3);
    Tensor flat = ops.reshape(ops.cast(rows, dtype), Shape.of(rows.dim(0), rows.dim(1), width));
    Tensor written = ops.compare(Comparison.GREATER, ops.max(chosen, 2), zero);
    Tensor old = ops.reshape(cache, Shape.of(cache.dim(0), cache.dim(1), width));
    return ops.reshape(ops.where(written, ops.matmul(chosen, flat), old), cache.shape());
  }
}
