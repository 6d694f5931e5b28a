package io.colubrid.plugins.attention;

import io.colubrid.nn.Linear;
import io.colubrid.nn.RmsNorm;
import io.colubrid.nn.Rotary;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerState;
import io.colubrid.spi.layer.LayerTraits;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.layer.StateSpec;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Softmax attention as in Llama: o_proj(attention(turn(q_proj x), turn(k_proj x), v_proj x)). Its
 * states are {@code k} and {@code v}, a row [kvHeads, headDim] a token.
 *
 * @param qNorm over the features of each head, with {@code kNorm}; or null
 * @param rotary turns queries and keys by their positions; or null
 */
record AttentionLayer(
    long heads,
    long kvHeads,
    long headDim,
    AttentionMask mask,
    double dropout,
    Linear query,
    Linear key,
    Linear value,
    Linear output,
    @Nullable RmsNorm qNorm,
    @Nullable RmsNorm kNorm,
    @Nullable Rotary rotary)
    implements Layer {
  private static final String KEYS = "k";
  private static final String VALUES = "v";

  @Override
  public LayerTraits traits() {
    if (!mask.causal()) {
      return LayerTraits.nonCausal();
    }
    return LayerTraits.causal(
        StateSpec.growing(KEYS, kvHeads, headDim), StateSpec.growing(VALUES, kvHeads, headDim));
  }

  @Override
  public Tensor forward(Tensor x, Pass pass) {
    Ops ops = pass.ops();
    Optional<LayerState> state = pass.state();
    Tensor positions = pass.sequences().positions().orElse(null);
    Tensor offsets = state.map(LayerState::lengths).orElse(null);
    Tensor q = heads(ops, query.apply(ops, x), heads);
    Tensor k = heads(ops, key.apply(ops, x), kvHeads);
    Tensor v = heads(ops, value.apply(ops, x), kvHeads);
    q = turned(ops, qNorm == null ? q : qNorm.apply(ops, q), positions, offsets);
    k = turned(ops, kNorm == null ? k : kNorm.apply(ops, k), positions, offsets);
    Tensor attended =
        state.isPresent()
            ? cached(pass, state.get(), q, k, v, positions)
            : ScaledDotProduct.of(mask, headDim)
                .apply(ops, q, k, v, pass.sequences().segments().orElse(null));
    Tensor flat = ops.reshape(attended, Shape.of(x.dim(0), x.dim(1), heads * headDim));
    return pass.dropout(output.apply(ops, flat), dropout, "dropout");
  }

  private Tensor heads(Ops ops, Tensor x, long count) {
    return ops.reshape(x, Shape.of(x.dim(0), x.dim(1), count, headDim));
  }

  private Tensor turned(Ops ops, Tensor x, @Nullable Tensor positions, @Nullable Tensor offsets) {
    return rotary == null ? x : rotary.apply(ops, x, positions, offsets);
  }

  private Tensor cached(
      Pass pass, LayerState state, Tensor q, Tensor k, Tensor v, @Nullable Tensor positions) {
    CachedAttention.Result result =
        CachedAttention.of(mask, headDim)
            .apply(
                pass.ops(),
                q,
                k,
                v,
                state.get(KEYS),
                state.get(VALUES),
                state.lengths(),
                positions);
    state.advance(KEYS, result.keyCache());
    state.advance(VALUES, result.valueCache());
    return result.out();
  }
}
