package org.example.gla;

import io.colubrid.nn.Linear;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerState;
import io.colubrid.spi.layer.LayerTraits;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.layer.StateSpec;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;

/**
 * Gated linear attention: of the stream come q, k, v and, for each head, a gate α in (0, 1) by
 * which its memory fades. What enters is scaled by 1 − α, so that the memory is an average and
 * keeps its scale however long it gets. An output gate and out_proj follow.
 *
 * @param keySize size of a head's keys
 * @param temperature log α is log sigmoid of its projection, divided by this
 */
record GatedLinearAttentionLayer(
    int heads,
    int keySize,
    double temperature,
    Linear qProjection,
    Linear kProjection,
    Linear vProjection,
    Linear decayProjection,
    Linear gateProjection,
    Linear outProjection)
    implements Layer {
  private static final String MEMORY = "memory";

  @Override
  public LayerTraits traits() {
    long valueSize = vProjection.weight().shape().dim(0) / heads;
    return LayerTraits.causal(StateSpec.fixed(MEMORY, heads, keySize, valueSize));
  }

  @Override
  public Tensor forward(Tensor x, Pass pass) {
    Ops ops = pass.ops();
    Tensor raw = ops.negate(decayProjection.apply(ops, x));
    Tensor decay = ops.scale(ops.softplus(raw), -1 / temperature);
    Tensor q = ops.scale(qProjection.apply(ops, x), 1 / Math.sqrt(keySize));
    Tensor k = entering(ops, kProjection.apply(ops, x), decay);
    Tensor v = vProjection.apply(ops, x);
    LayerState state = pass.state().orElse(null);
    GatedLinearAttention.Result result =
        new GatedLinearAttention(heads)
            .apply(
                ops,
                new GatedLinearAttention.Operands(
                    q,
                    k,
                    v,
                    decay,
                    pass.sequences().positions().orElse(null),
                    state == null ? null : state.get(MEMORY)));
    if (state != null && result.state() != null) {
      state.advance(MEMORY, result.state());
    }
    pass.tap("memory_read", result.o());
    Tensor gate = ops.silu(gateProjection.apply(ops, x));
    return outProjection.apply(ops, ops.multiply(result.o(), gate));
  }

  /** (1 − α)·k, α being a head's. */
  private Tensor entering(Ops ops, Tensor k, Tensor decay) {
    Shape headed = Shape.of(k.dim(0), k.dim(1), heads, keySize);
    Tensor share = ops.affine(ops.exp(decay), -1, 1);
    Tensor column = ops.reshape(share, headed.with(3, 1));
    return ops.reshape(ops.multiply(ops.reshape(k, headed), column), k.shape());
  }
}
