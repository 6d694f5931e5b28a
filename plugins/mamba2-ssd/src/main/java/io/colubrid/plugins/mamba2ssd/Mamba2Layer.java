package io.colubrid.plugins.mamba2ssd;

import io.colubrid.nn.Linear;
import io.colubrid.nn.ShortConvolution;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerState;
import io.colubrid.spi.layer.LayerTraits;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.layer.StateSpec;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;

/**
 * Mamba-2's layer (Dao and Gu, 2024, section 7.1): in_proj makes z, xBC and step sizes; xBC goes
 * through the convolution and the recurrence; z gates what comes out, which is normed.
 *
 * @param ssd the recurrence
 * @param stepBias dt_bias, [heads]
 * @param aLog [heads]
 * @param skip D, [heads]
 * @param stateType of the state that is carried
 */
record Mamba2Layer(
    Ssd ssd,
    Linear inProjection,
    ShortConvolution conv,
    Parameter stepBias,
    Parameter aLog,
    Parameter skip,
    GatedNorm norm,
    Linear outProjection,
    DType stateType)
    implements Layer {
  private static final String STATE = "ssm";

  private long inner() {
    return norm.weight().shape().dim(0);
  }

  private long heads() {
    return aLog.shape().dim(0);
  }

  @Override
  public LayerTraits traits() {
    return LayerTraits.causal(
        conv.state(), StateSpec.fixed(stateType, STATE, heads(), inner() / heads(), ssd.states()));
  }

  @Override
  public Tensor forward(Tensor stream, Pass pass) {
    Ops ops = pass.ops();
    long convolved = conv.weight().shape().dim(0);
    List<Tensor> parts =
        conv.applyBehind(inProjection, stream, pass, 1, inner(), convolved, heads());
    Tensor y = recur(parts.get(1), parts.get(2), pass);
    return norm.apply(ops, y, parts.get(0), outProjection);
  }

  private Tensor recur(Tensor xBC, Tensor steps, Pass pass) {
    Ops ops = pass.ops();
    LayerState state = pass.state().orElse(null);
    Ssd.Result result =
        ssd.apply(
            ops,
            new Ssd.Operands(
                xBC,
                steps,
                ops.value(aLog),
                ops.value(skip),
                ops.value(stepBias),
                state == null ? null : state.get(STATE),
                pass.sequences().segments().orElse(null)));
    if (state != null && result.state() != null) {
      state.advance(STATE, result.state());
    }
    return result.y();
  }
}
