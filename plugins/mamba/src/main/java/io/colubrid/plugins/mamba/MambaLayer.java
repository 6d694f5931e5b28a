package io.colubrid.plugins.mamba;

import io.colubrid.nn.Linear;
import io.colubrid.nn.ProjectedScan;
import io.colubrid.nn.SelectiveScan;
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
import java.util.Objects;

/**
 * Mamba's layer (Gu and Dao, 2023, section 3.4): in_proj makes x and z; x goes through the
 * convolution and the scan, whose step sizes, B and C are made of x itself; z gates what comes out.
 *
 * @param inner channels of the scan
 * @param rank features that step sizes are projected from
 * @param states states a channel
 * @param aLog [inner, states]
 * @param skip D, [inner]
 * @param stateType of the state that is carried
 */
record MambaLayer(
    long inner,
    long rank,
    long states,
    Linear inProjection,
    ShortConvolution conv,
    Linear xProjection,
    PartNorms norms,
    Linear stepProjection,
    Parameter aLog,
    Parameter skip,
    Linear outProjection,
    DType stateType)
    implements Layer {
  private static final String STATE = "ssm";

  @Override
  public LayerTraits traits() {
    return LayerTraits.causal(conv.state(), StateSpec.fixed(stateType, STATE, inner, states));
  }

  @Override
  public Tensor forward(Tensor stream, Pass pass) {
    Ops ops = pass.ops();
    if (stream.dim(1) == 1) {
      List<Tensor> parts = conv.applyBehind(inProjection, stream, pass, 0, inner, inner);
      Tensor x = parts.getFirst();
      List<Tensor> projected = ops.split(xProjection.apply(ops, x), 2, rank, states, states);
      return outProjection.apply(ops, scan(x, projected, parts.getLast(), pass));
    }
    List<Tensor> parts = inProjection.applyParts(ops, stream, inner, inner);
    ShortConvolution.Projected x =
        conv.applyBefore(xProjection, parts.getFirst(), pass, rank, states, states);
    return outProjection.apply(ops, scan(x.y(), x.parts(), parts.getLast(), pass));
  }

  private Tensor scan(Tensor x, List<Tensor> projected, Tensor z, Pass pass) {
    Ops ops = pass.ops();
    List<Tensor> parts = norms.apply(ops, projected);
    LayerState state = pass.state().orElse(null);
    Tensor features = parts.get(0);
    // A GPU spends more on a product of its own than on what one step has to multiply.
    boolean step = x.dim(1) == 1 && ops.activation() == DType.BF16;
    SelectiveScan scan = new SelectiveScan(true);
    SelectiveScan.Operands operands =
        new SelectiveScan.Operands(
            x,
            step ? features : ops.linear(features, stepProjection.weight()),
            ops.value(aLog),
            parts.get(1),
            parts.get(2),
            ops.value(skip),
            z,
            ops.value(Objects.requireNonNull(stepProjection.bias())),
            state == null ? null : state.get(STATE),
            pass.sequences().segments().orElse(null));
    SelectiveScan.Result result =
        step
            ? new ProjectedScan(scan).apply(ops, operands, ops.matrix(stepProjection.weight()))
            : scan.apply(ops, operands);
    if (state != null && result.state() != null) {
      state.advance(STATE, result.state());
    }
    return result.y();
  }
}
