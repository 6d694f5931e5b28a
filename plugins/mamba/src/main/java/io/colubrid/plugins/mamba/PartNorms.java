package io.colubrid.plugins.mamba;

import io.colubrid.nn.RmsNorm;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;

/** RMS norms on what x_proj makes: step sizes, B and C. */
@FunctionalInterface
interface PartNorms {
  /**
   * @param parts step sizes before their projection [..., rank], B and C [..., states]
   */
  List<Tensor> apply(Ops ops, List<Tensor> parts);

  static PartNorms create(MambaConfig config, BuildContext context, long rank, long states) {
    double epsilon = config.innerNormEpsilon();
    return switch (config.innerNorms()) {
      case NONE -> (ops, parts) -> parts;
      case WEIGHTLESS ->
          (ops, parts) -> parts.stream().map(part -> ops.rmsNorm(part, null, epsilon)).toList();
      case LEARNED ->
          learned(
              new RmsNorm(context, "dt_layernorm", rank, epsilon),
              new RmsNorm(context, "b_layernorm", states, epsilon),
              new RmsNorm(context, "c_layernorm", states, epsilon));
    };
  }

  private static PartNorms learned(RmsNorm dt, RmsNorm b, RmsNorm c) {
    return (ops, parts) ->
        List.of(
            dt.apply(ops, parts.get(0)), b.apply(ops, parts.get(1)), c.apply(ops, parts.get(2)));
  }
}
