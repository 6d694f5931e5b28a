package io.colubrid.runtime.builtin;

import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Head;
import io.colubrid.spi.layer.HeadFactory;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.InvalidLayerException;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.tensor.Shape;

/** Makes an {@link LmHead}. */
final class LmHeadFactory implements HeadFactory<LmHeadConfig> {
  private static final String STEM_TABLE = "stem.weight";
  private static final double INIT_STD = 0.02;

  @Override
  public Head create(LmHeadConfig config, BuildContext context) {
    FinalNorm norm = FinalNorm.create(config.norm(), context, config.epsilon());
    Shape shape = Shape.of(config.vocabulary(), context.input().width());
    Parameter weight =
        config.tie()
            ? tied(context, shape)
            : context.parameter(
                "weight", shape, Initializer.normal(INIT_STD), Parameter.Role.MATRIX);
    return new LmHead(norm, weight, config.labelSmoothing(), config.chunk());
  }

  private static Parameter tied(BuildContext context, Shape shape) {
    try {
      return context.tied("weight", STEM_TABLE, shape);
    } catch (InvalidLayerException cannot) {
      String why =
          "cannot share the stem's table: %s; give the stem and the head one vocabulary, or set tie"
              + " = false";
      throw new InvalidLayerException("tie", why.formatted(cannot.getMessage()));
    }
  }
}
