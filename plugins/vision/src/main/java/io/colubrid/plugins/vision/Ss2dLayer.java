package io.colubrid.plugins.vision;

import io.colubrid.nn.LayerNorm;
import io.colubrid.nn.Linear;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerTraits;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * VMamba's mixer of a grid (Liu et al., 2024; version v05_noz, without a gate): in_proj, depthwise
 * convolution, SiLU, the four-way scan, a layer norm over channels, out_proj.
 *
 * @param convWeight [inner, 1, rows, columns]
 * @param convBias [inner], or null
 */
record Ss2dLayer(
    Linear inProjection,
    Parameter convWeight,
    @Nullable Parameter convBias,
    CrossScan scan,
    LayerNorm norm,
    Linear outProjection)
    implements Layer {
  @Override
  public boolean takesGrid() {
    return true;
  }

  @Override
  public LayerTraits traits() {
    return GridTraits.of("ss2d");
  }

  @Override
  public Tensor forward(Tensor stream, Pass pass) {
    Ops ops = pass.ops();
    Tensor x = inProjection.apply(ops, stream);
    Tensor bias = convBias == null ? null : ops.value(convBias);
    Tensor mixed = ops.silu(new DepthwiseConv2d().apply(ops, x, ops.value(convWeight), bias));
    return outProjection.apply(ops, norm.apply(ops, scan.apply(ops, mixed)));
  }
}
