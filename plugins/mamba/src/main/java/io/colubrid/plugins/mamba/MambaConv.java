package io.colubrid.plugins.mamba;

import io.colubrid.nn.CausalConv1d;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.LayerState;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.layer.StateSpec;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * SiLU of a causal depthwise convolution. Its state is a window of the last inputs.
 *
 * @param weight [channels, 1, width]
 * @param bias [channels], or null
 */
record MambaConv(Parameter weight, @Nullable Parameter bias) {
  private static final String STATE = "conv";

  static MambaConv create(BuildContext context, long channels, int width, boolean bias) {
    Initializer biasStart = Initializer.uniform(1 / Math.sqrt(width));
    return new MambaConv(
        context.parameter(
            "conv1d.weight",
            Shape.of(channels, 1, width),
            Initializer.kaimingUniform(),
            Parameter.Role.TABLE),
        bias
            ? context.parameter("conv1d.bias", Shape.of(channels), biasStart, Parameter.Role.VECTOR)
            : null);
  }

  StateSpec state() {
    return StateSpec.window(STATE, weight.shape().dim(2) - 1, weight.shape().dim(0));
  }

  Tensor apply(Tensor x, Pass pass) {
    Ops ops = pass.ops();
    LayerState state = pass.state().orElse(null);
    CausalConv1d.Result result =
        new CausalConv1d(true)
            .apply(
                ops,
                x,
                ops.value(weight),
                bias == null ? null : ops.value(bias),
                state == null ? null : state.get(STATE),
                pass.sequences().segments().orElse(null));
    if (state != null && result.tail() != null) {
      state.advance(STATE, result.tail());
    }
    return result.y();
  }
}
