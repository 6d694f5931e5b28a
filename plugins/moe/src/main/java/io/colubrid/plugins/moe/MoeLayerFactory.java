package io.colubrid.plugins.moe;

import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.InvalidLayerException;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerFactory;
import io.colubrid.spi.layer.LayerSpec;
import io.colubrid.spi.layer.Sequences;
import java.util.ArrayList;
import java.util.List;

/** Makes a {@link MoeLayer}. */
final class MoeLayerFactory implements LayerFactory<MoeConfig> {
  private static final String EXPERTS = "experts";

  @Override
  public Layer create(MoeConfig config, BuildContext context) {
    return new MoeLayer(
        config.experts(),
        Router.create(config, context),
        config.capacity(),
        experts(config, context.usedInPart((double) config.topK() / config.experts())),
        config.shared().map(spec -> shared(spec, context)).orElse(null),
        new RouterLosses(config.balanceLoss(), config.zLoss()));
  }

  private static Experts experts(MoeConfig config, BuildContext context) {
    return context
        .experts(EXPERTS, config.expert(), config.experts())
        .<Experts>map(StackedExperts::new)
        .orElseGet(() -> separate(config, context));
  }

  private static Experts separate(MoeConfig config, BuildContext context) {
    List<Layer> layers = new ArrayList<>();
    for (int e = 0; e < config.experts(); e++) {
      Layer layer = context.create(EXPERTS + "." + e, config.expert());
      requireChannel("expert", config.expert(), layer, context);
      String refusal = layer.traits().refused().get(Sequences.Kind.PADDED);
      if (refusal != null) {
        throw new InvalidLayerException(
            "expert",
            "empty places of an expert are padding, which '%s' refuses: %s"
                .formatted(config.expert().type(), refusal));
      }
      layers.add(layer);
    }
    return new SeparateExperts(layers);
  }

  private static Layer shared(LayerSpec spec, BuildContext context) {
    Layer layer = context.create("shared", spec);
    requireChannel("shared", spec, layer, context);
    return layer;
  }

  /** Positions reach an expert out of their order. */
  private static void requireChannel(
      String key, LayerSpec spec, Layer layer, BuildContext context) {
    if (!layer.traits().alone()) {
      throw new InvalidLayerException(
          key,
          "'%s' lets positions see each other, and an expert gets single positions; use a channel"
                  .formatted(spec.type())
              + " layer such as swiglu or mlp");
    }
    if (!layer.output(context.input()).equals(context.input())) {
      throw new InvalidLayerException(
          key,
          "'%s' gives %s for %s; an expert must keep the shape of the stream"
              .formatted(spec.type(), layer.output(context.input()), context.input()));
    }
  }
}
