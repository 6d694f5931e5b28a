package io.colubrid.plugins.attention;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.Op;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Causal attention of new tokens to themselves and to the tokens before them, whose keys and values
 * lie in a cache; those of the new ones are put there, in place. One token is a decoding step, more
 * are a prefill or a part of one.
 *
 * <p>Inputs: queries [batch, length, heads, headDim]; keys and values of the new tokens [batch,
 * length, kvHeads, headDim]; the caches of keys and of values [batch, capacity, kvHeads, headDim];
 * lengths I32 [batch], how many tokens each cache holds already; optionally positions I32 [batch,
 * length], the index of each token among the new ones of its row, or −1 for padding, which is not
 * cached and gets zeros. Outputs: [batch, length, heads, headDim] and the advanced caches.
 *
 * <p>A cache keeps all tokens, also those that have left the window.
 *
 * @param mask which earlier keys a query sees; causal
 * @param scale of the scores, usually 1/√headDim
 */
public record CachedAttention(AttentionMask mask, double scale) implements Op {
  static final int QUERY = 0;
  static final int KEY = 1;
  static final int VALUE = 2;
  static final int KEY_CACHE = 3;
  static final int VALUE_CACHE = 4;
  static final int LENGTHS = 5;
  static final int POSITIONS = 6;

  /** What comes out, with the caches to carry on. */
  public record Result(Tensor out, Tensor keyCache, Tensor valueCache) {}

  /**
   * @throws IllegalArgumentException if the mask is not causal
   */
  public CachedAttention {
    if (!mask.causal()) {
      throw new IllegalArgumentException("attention with a cache must be causal");
    }
  }

  /** With the usual scale, 1/√headDim. */
  public static CachedAttention of(AttentionMask mask, long headDim) {
    return new CachedAttention(mask, 1 / Math.sqrt((double) headDim));
  }

  /** Records it. */
  public Result apply(
      Ops ops,
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor keyCache,
      Tensor valueCache,
      Tensor lengths,
      @Nullable Tensor positions) {
    List<Tensor> outputs = ops.apply(this, q, k, v, keyCache, valueCache, lengths, positions);
    return new Result(outputs.get(0), outputs.get(1), outputs.get(2));
  }

  @Override
  public String name() {
    return "cached-attention";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    AttentionShape added =
        AttentionShape.of(name(), inputs.get(QUERY), inputs.get(KEY), inputs.get(VALUE));
    TensorType keys = requireNonNull(inputs.get(KEY_CACHE));
    TensorType values = requireNonNull(inputs.get(VALUE_CACHE));
    TensorType lengths = requireNonNull(inputs.get(LENGTHS));
    long capacity = keys.shape().rank() == 4 ? keys.shape().dim(1) : 0;
    Shape cache = Shape.of(added.batch(), capacity, added.kvHeads(), added.headDim());
    if (added.keys() != added.length() || !keys.shape().equals(cache) || !values.equals(keys)) {
      throw new ShapeException(
          "cached-attention: expected as many keys as queries, and caches [batch, capacity,"
              + " kvHeads, headDim] with one dtype; found "
              + Arrays.toString(inputs.toArray()));
    }
    AttentionShape.requireI32(name(), "lengths", lengths, Shape.of(added.batch()));
    TensorType positions = AttentionShape.optional(inputs, POSITIONS);
    Shape tokens = Shape.of(added.batch(), added.length());
    AttentionShape.requireI32(name(), "positions", positions, tokens);
    return List.of(requireNonNull(inputs.get(QUERY)), keys, values);
  }

  /** Queries against the whole cache. */
  static AttentionShape shape(List<@Nullable TensorType> inputs) {
    return AttentionShape.of(
        "cached-attention", inputs.get(QUERY), inputs.get(KEY_CACHE), inputs.get(VALUE_CACHE));
  }

  @Override
  public int inPlaceOf(int output) {
    return output == 0 ? -1 : KEY_CACHE + output - 1;
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    return new CachedAttentionReference(ops, mask, scale).advance(inputs);
  }

  /** As if the cache were full: how full it is, is not known when this is asked. */
  @Override
  public long flops(List<@Nullable TensorType> inputs) {
    TensorType query = requireNonNull(inputs.get(QUERY));
    long capacity = requireNonNull(inputs.get(KEY_CACHE)).shape().dim(1);
    return 4 * query.shape().elements() * Math.min(mask.window(), capacity);
  }

  @Override
  public CpuBody cpuBody() {
    return new CachedAttentionCpu(mask, scale);
  }

  @Override
  public CudaBody cudaBody() {
    return new CachedAttentionCuda(mask, scale);
  }
}
