package io.colubrid.plugins.vision;

import io.colubrid.nn.LayerNorm;
import io.colubrid.nn.Linear;
import io.colubrid.nn.RmsNorm;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Head;
import io.colubrid.spi.layer.HeadFactory;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.InvalidLayerException;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;
import java.util.function.BiFunction;

/** Makes a {@link ClassifierHead}. */
final class ClassifierHeadFactory implements HeadFactory<ClassifierConfig> {
  private static final double INIT_STD = 0.02;

  @Override
  public Head create(ClassifierConfig config, BuildContext context) {
    if (context.input().grid() != null && config.pool().takesToken()) {
      throw new InvalidLayerException(
          "pool", "a grid has no class token; set pool = mean, or grid = false in the stem");
    }
    BiFunction<Ops, Tensor, Tensor> norm = norm(config, context);
    Linear projection =
        new Linear(
            context,
            "proj",
            context.input().width(),
            config.classes(),
            true,
            Initializer.normal(INIT_STD));
    return new ClassifierHead(
        config.pool(), norm, projection, config.labelSmoothing(), config.dropout());
  }

  private static BiFunction<Ops, Tensor, Tensor> norm(
      ClassifierConfig config, BuildContext context) {
    long width = context.input().width();
    return switch (config.norm()) {
      case RMS -> new RmsNorm(context, "norm", width, config.epsilon())::apply;
      case LAYER -> new LayerNorm(context, "norm", width, config.epsilon())::apply;
      case NONE -> (ops, x) -> x;
    };
  }
}
