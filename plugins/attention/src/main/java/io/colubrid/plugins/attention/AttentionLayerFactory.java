package io.colubrid.plugins.attention;

import io.colubrid.nn.Linear;
import io.colubrid.nn.RmsNorm;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.InvalidLayerException;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerFactory;

/** Makes an {@link AttentionLayer}. */
final class AttentionLayerFactory implements LayerFactory<AttentionConfig> {

  /**
   * @throws InvalidLayerException if the heads do not fit the stream
   */
  @Override
  public Layer create(AttentionConfig config, BuildContext context) {
    if (context.input().grid() != null) {
      throw new InvalidLayerException(
          "type", "attention works on sequences, and the stream here is a grid; flatten it first");
    }
    long width = context.input().width();
    long headDim = config.headDimFor(width);
    long queries = config.heads() * headDim;
    long keys = config.keyHeads() * headDim;
    boolean bias = config.qkvBias();
    boolean rotary = config.positions() == AttentionConfig.Positions.ROTARY;
    Initializer start = Initializer.kaimingUniform();
    // GPT-2's rule: the stream keeps its scale with depth.
    double shrink = 1 / Math.sqrt(Math.max(1, context.residualBranches()));
    return new AttentionLayer(
        config.heads(),
        config.keyHeads(),
        headDim,
        config.mask(),
        config.dropout(),
        new Linear(context, "q_proj", width, queries, bias, start),
        new Linear(context, "k_proj", width, keys, bias, start),
        new Linear(context, "v_proj", width, keys, bias, start),
        new Linear(
            context, "o_proj", queries, width, config.bias(), Initializer.kaimingUniform(shrink)),
        config.qkNorm() ? new RmsNorm(context, "q_norm", headDim, config.epsilon()) : null,
        config.qkNorm() ? new RmsNorm(context, "k_norm", headDim, config.epsilon()) : null,
        rotary ? config.rotary().rotary(headDim) : null);
  }
}
