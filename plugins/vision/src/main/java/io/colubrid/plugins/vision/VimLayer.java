package io.colubrid.plugins.vision;

import io.colubrid.nn.Linear;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerTraits;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;

/**
 * Vim's bidirectional block, version 2 (Zhu et al., 2024, algorithm 1, as in its authors' code):
 * both directions share in_proj, its gate z, and out_proj; each has convolution and scan of its
 * own.
 *
 * @param inner channels of the scans
 * @param divide whether the sum of both directions is halved
 */
record VimLayer(
    long inner,
    boolean divide,
    Linear inProjection,
    VimDirection forth,
    VimDirection back,
    Linear outProjection)
    implements Layer {
  @Override
  public LayerTraits traits() {
    return LayerTraits.nonCausal();
  }

  @Override
  public Tensor forward(Tensor stream, Pass pass) {
    Ops ops = pass.ops();
    List<Tensor> parts = inProjection.applyParts(ops, stream, inner, inner);
    Tensor x = parts.getFirst();
    Tensor z = parts.getLast();
    Tensor sum = ops.add(forth.apply(x, z, pass), back.apply(x, z, pass));
    return outProjection.apply(ops, divide ? ops.scale(sum, 0.5) : sum);
  }
}
