package io.colubrid.runtime.combinator;

import io.colubrid.runtime.combinator.BidirectionalConfig.Weights;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerFactory;

/** Makes a {@link BidirectionalLayer}. */
final class BidirectionalLayerFactory implements LayerFactory<BidirectionalConfig> {
  @Override
  public Layer create(BidirectionalConfig config, BuildContext context) {
    Layer forward = direction("forward", config, context);
    Layer backward = direction("backward", config, context);
    long width = forward.output(context.input()).width();
    Merge merge =
        switch (config.combine()) {
          case SUM -> Merge.sum(1, 1);
          case MEAN -> Merge.sum(0.5, 0.5);
          case CONCAT -> Merge.concatenated(context, width, 1, 1);
          case GATED -> Merge.gated(context, width);
        };
    return new BidirectionalLayer(forward, backward, merge);
  }

  private static Layer direction(String name, BidirectionalConfig config, BuildContext context) {
    return config.weights() == Weights.SHARED
        ? context.createShared(name, config.of(), context.input(), context.path() + ".of")
        : context.create(name, config.of());
  }
}
