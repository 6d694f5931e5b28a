package io.colubrid.plugins.attention;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The definition of attention. It holds all scores; B, L, H, P, K as in {@link AttentionShape}. */
final class ScaledDotProductReference {
  private final Ops ops;
  private final AttentionMask mask;
  private final double scale;

  ScaledDotProductReference(Ops ops, AttentionMask mask, double scale) {
    this.ops = ops;
    this.mask = mask;
    this.scale = scale;
  }

  Tensor attend(List<@Nullable Tensor> inputs) {
    Tensor q = requireNonNull(inputs.get(ScaledDotProduct.QUERY));
    Tensor k = requireNonNull(inputs.get(ScaledDotProduct.KEY));
    Tensor v = requireNonNull(inputs.get(ScaledDotProduct.VALUE));
    long length = q.dim(1);
    Tensor index = ops.range(DType.F32, length);
    Tensor query = ops.reshape(index, Shape.of(1, length, 1));
    Tensor key = ops.reshape(index, Shape.of(1, 1, length));
    Tensor segments =
        inputs.size() > ScaledDotProduct.SEGMENTS ? inputs.get(ScaledDotProduct.SEGMENTS) : null;
    return attend(q, k, v, scores -> masked(scores, query, key, segments));
  }

  /** Puts −∞ in scores [B, 1, L, keys] of pairs that do not see each other. */
  interface Masking {
    Tensor apply(Tensor scores);
  }

  /**
   * Softmax statistics in F32 whatever the inputs, except in F64.
   *
   * @param masking takes and gives [B, K·group, L, keys]
   */
  Tensor attend(Tensor q, Tensor k, Tensor v, Masking masking) {
    DType dtype = q.dtype() == DType.BF16 ? DType.F32 : q.dtype();
    Tensor qHeads = ops.permute(ops.cast(q, dtype), 0, 2, 1, 3);
    Tensor kHeads = ops.permute(ops.cast(k, dtype), 0, 2, 1, 3);
    Tensor vHeads = ops.permute(ops.cast(v, dtype), 0, 2, 1, 3);
    long batch = q.dim(0);
    long length = q.dim(1);
    long heads = q.dim(2);
    long keys = k.dim(1);
    long kvHeads = k.dim(2);
    long rows = heads / kvHeads * length;
    Tensor grouped = ops.reshape(qHeads, Shape.of(batch, kvHeads, rows, q.dim(3)));
    Tensor scores = ops.scale(ops.matmul(grouped, false, kHeads, true), scale);
    Tensor seen = masking.apply(ops.reshape(scores, Shape.of(batch, heads, length, keys)));
    Tensor weights = ops.reshape(ops.softmax(seen), scores.shape());
    Tensor out = ops.reshape(ops.matmul(weights, vHeads), qHeads.shape());
    return ops.cast(ops.permute(out, 0, 2, 1, 3), q.dtype());
  }

  /**
   * @param query place of each query, F32 [B or 1, L, 1]
   * @param key place of each key, F32 [1, 1, keys]
   * @param segments I32 [B, L], or null
   */
  Tensor masked(Tensor scores, Tensor query, Tensor key, @Nullable Tensor segments) {
    Tensor seen = scores;
    if (mask.causal()) {
      seen = keep(seen, ops.compare(Comparison.GREATER_OR_EQUAL, query, key));
    }
    if (mask.windowed()) {
      Tensor end = ops.affine(key, 1, (double) mask.window());
      seen = keep(seen, ops.compare(Comparison.LESS, query, end));
    }
    if (segments != null) {
      Tensor ofQuery = ops.reshape(segments, Shape.of(segments.dim(0), segments.dim(1), 1));
      Tensor ofKey = ops.reshape(segments, Shape.of(segments.dim(0), 1, segments.dim(1)));
      Tensor zero = ops.constant(DType.I32, Shape.of(1, 1, 1), 0);
      seen = keep(seen, ops.compare(Comparison.EQUAL, ofQuery, ofKey));
      seen = keep(seen, ops.compare(Comparison.GREATER_OR_EQUAL, ofKey, zero));
    }
    return seen;
  }

  /** Scores [B, H, L, keys] where a mask [B or 1, L or 1, keys or 1] is set, else −∞. */
  Tensor keep(Tensor scores, Tensor kept) {
    Shape shape = kept.shape().insert(1, 1);
    Tensor never = ops.constant(scores.dtype(), Shape.of(1, 1, 1, 1), Double.NEGATIVE_INFINITY);
    return ops.where(ops.reshape(kept, shape), scores, never);
  }
}
