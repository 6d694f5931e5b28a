package io.colubrid.plugins.mamba2ssd;

import io.colubrid.nn.Linear;
import io.colubrid.nn.ShortConvolution;
import io.colubrid.nn.StepBias;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerFactory;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.tensor.Shape;

/** Makes a {@link Mamba2Layer}. */
final class Mamba2LayerFactory implements LayerFactory<Mamba2Config> {
  @Override
  public Layer create(Mamba2Config config, BuildContext context) {
    long width = context.input().width();
    long inner = config.expand() * width;
    long heads = config.headsFor(width);
    long convolved = inner + 2L * config.groups() * config.dState();
    Initializer residual =
        Initializer.kaimingUniform(1 / Math.sqrt(Math.max(1, context.residualBranches())));
    Linear in =
        new Linear(
            context,
            "in_proj",
            width,
            inner + convolved + heads,
            config.bias(),
            Initializer.kaimingUniform());
    ShortConvolution conv =
        ShortConvolution.create(context, convolved, config.dConv(), config.convBias());
    Initializer steps = new StepBias(config.dtMin(), config.dtMax(), config.dtInitFloor());
    return new Mamba2Layer(
        new Ssd(
            config.groups(),
            config.dState(),
            config.chunk(),
            config.timeStepLimit().min(),
            config.timeStepLimit().max().orElse(Double.POSITIVE_INFINITY)),
        in,
        conv,
        vector(context, "dt_bias", heads, steps),
        vector(context, "A_log", heads, rates(config.aMin(), config.aMax())),
        vector(context, "D", heads, Initializer.constant(1)),
        GatedNorm.create(config, context, inner),
        new Linear(context, "out_proj", inner, width, config.bias(), residual),
        context.stateType());
  }

  private static Parameter vector(
      BuildContext context, String name, long extent, Initializer start) {
    return context.parameter(name, Shape.of(extent), start, Parameter.Role.VECTOR);
  }

  /** Logarithms of rates that are spread evenly (as in mamba_ssm's {@code Mamba2}). */
  static Initializer rates(double min, double max) {
    return (index, shape, draw) -> Math.log(min + draw.uniform() * (max - min));
  }
}
