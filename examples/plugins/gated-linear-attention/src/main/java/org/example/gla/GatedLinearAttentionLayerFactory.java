package org.example.gla;

import io.colubrid.nn.Linear;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.InvalidLayerException;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerFactory;

/** Makes a {@link GatedLinearAttentionLayer}. */
final class GatedLinearAttentionLayerFactory implements LayerFactory<GatedLinearAttentionConfig> {
  @Override
  public Layer create(GatedLinearAttentionConfig config, BuildContext context) {
    long width = context.input().width();
    int heads = config.heads();
    if (width % heads != 0) {
      throw new InvalidLayerException(
          "heads",
          "must divide d-model, which is %d, but is %d; change one of them"
              .formatted(width, heads));
    }
    int share = Math.toIntExact(width / heads);
    int keySize = config.keySize().orElse(Math.max(1, share / 2));
    long keys = (long) heads * keySize;
    long values = (long) heads * config.valueSize().orElse(share);
    Initializer start = Initializer.kaimingUniform();
    Initializer residual =
        Initializer.kaimingUniform(1 / Math.sqrt(Math.max(1, context.residualBranches())));
    return new GatedLinearAttentionLayer(
        heads,
        keySize,
        config.gateTemperature(),
        new Linear(context, "q_proj", width, keys, false, start),
        new Linear(context, "k_proj", width, keys, false, start),
        new Linear(context, "v_proj", width, values, false, start),
        new Linear(context, "decay_proj", width, heads, true, start),
        new Linear(context, "gate_proj", width, values, false, start),
        new Linear(context, "out_proj", values, width, false, residual));
  }
}
