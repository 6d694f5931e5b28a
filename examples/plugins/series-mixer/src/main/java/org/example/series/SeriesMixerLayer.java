package org.example.series;

import io.colubrid.nn.CausalConv1d;
import io.colubrid.nn.Linear;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerState;
import io.colubrid.spi.layer.LayerTraits;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.layer.Sequences;
import io.colubrid.spi.layer.StateSpec;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;

/**
 * Mixes a series over time. The mean over a period is the trend and the rest is what comes on top
 * of it (Zeng et al., 2023); each goes through long kernels, one a feature, and out_proj joins
 * both.
 *
 * <p>Centred windows see as much of what comes as of what was: for series that are there as a
 * whole. Such a layer is not causal and takes one series a row.
 *
 * @param kernels of the trend and of the rest, [2·width, 1, kernel-size]
 */
record SeriesMixerLayer(int period, boolean centred, Parameter kernels, Linear outProjection)
    implements Layer {
  private static final String PERIOD = "period";
  private static final String WINDOW = "window";

  @Override
  public LayerTraits traits() {
    if (centred) {
      String reason =
          "series-mixer with centred windows looks beyond the end of a series into what stands"
              + " behind it; give one series a row, or set centred = false";
      return LayerTraits.nonCausal()
          .refusing(Sequences.Kind.PADDED, reason)
          .refusing(Sequences.Kind.PACKED, reason);
    }
    return LayerTraits.causal(
        StateSpec.window(PERIOD, period - 1, width()),
        StateSpec.window(WINDOW, kernelSize() - 1, 2 * width()));
  }

  @Override
  public Tensor forward(Tensor x, Pass pass) {
    Ops ops = pass.ops();
    Tensor weights = ops.constant(x.dtype(), Shape.of(width(), 1, period), 1.0 / period);
    Tensor trend = convolved(x, weights, PERIOD, pass);
    pass.tap("trend", trend);
    Tensor parts = ops.concat(2, List.of(trend, ops.subtract(x, trend)));
    return outProjection.apply(ops, convolved(parts, ops.value(kernels), WINDOW, pass));
  }

  /** One kernel a feature; the window ends at a position, or has it in its middle. */
  private Tensor convolved(Tensor x, Tensor weights, String window, Pass pass) {
    Ops ops = pass.ops();
    if (centred) {
      long ahead = weights.dim(2) / 2;
      Tensor behind = ops.constant(x.dtype(), x.shape().with(1, ahead), 0);
      Tensor longer = ops.concat(1, List.of(x, behind));
      Tensor y = new CausalConv1d(false).apply(ops, longer, weights, null, null, null).y();
      return ops.slice(y, 1, ahead, ahead + x.dim(1));
    }
    LayerState state = pass.state().orElse(null);
    CausalConv1d.Result result =
        new CausalConv1d(false)
            .apply(
                ops,
                x,
                weights,
                null,
                state == null ? null : state.get(window),
                pass.sequences().segments().orElse(null));
    if (state != null && result.tail() != null) {
      state.advance(window, result.tail());
    }
    return result.y();
  }

  private long kernelSize() {
    return kernels.shape().dim(2);
  }

  private long width() {
    return kernels.shape().dim(0) / 2;
  }
}
