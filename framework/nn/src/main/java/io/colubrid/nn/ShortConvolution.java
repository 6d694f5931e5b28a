package io.colubrid.nn;

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
 * SiLU of a causal depthwise convolution, as it stands before the scan of a state space layer. Its
 * state is a window of the last inputs. Its parameters are {@code NAME.weight} and, if it has one,
 * {@code NAME.bias}.
 *
 * @param weight [channels, 1, width]
 * @param bias [channels], or null
 * @param reversed whether it runs from the last position to the first, without a state
 */
public record ShortConvolution(Parameter weight, @Nullable Parameter bias, boolean reversed) {
  private static final String STATE = "conv";

  /** One named {@code conv1d} that runs from the first position to the last. */
  public static ShortConvolution create(
      BuildContext context, long channels, int width, boolean bias) {
    return create(context, "conv1d", channels, width, bias, false);
  }

  /**
   * @param width in positions
   */
  public static ShortConvolution create(
      BuildContext context, String name, long channels, int width, boolean bias, boolean reversed) {
    Initializer biasStart = Initializer.uniform(1 / Math.sqrt(width));
    return new ShortConvolution(
        context.parameter(
            name + ".weight",
            Shape.of(channels, 1, width),
            Initializer.kaimingUniform(),
            Parameter.Role.TABLE),
        bias
            ? context.parameter(
                name + ".bias", Shape.of(channels), biasStart, Parameter.Role.VECTOR)
            : null,
        reversed);
  }

  public StateSpec state() {
    return StateSpec.window(STATE, weight.shape().dim(2) - 1, weight.shape().dim(0));
  }

  /**
   * @param x [batch, length, channels]
   * @return the same shape
   */
  public Tensor apply(Tensor x, Pass pass) {
    Ops ops = pass.ops();
    LayerState state = pass.state().orElse(null);
    CausalConv1d.Result result =
        new CausalConv1d(true, reversed)
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
