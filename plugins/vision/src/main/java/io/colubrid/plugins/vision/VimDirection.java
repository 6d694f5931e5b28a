package io.colubrid.plugins.vision;

import io.colubrid.nn.Linear;
import io.colubrid.nn.SelectiveScan;
import io.colubrid.nn.ShortConvolution;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;
import java.util.Objects;

/**
 * One direction of a {@link VimLayer}: Mamba's convolution and scan, with weights of its own.
 *
 * @param reversed whether it goes from the last position to the first
 * @param rank features that step sizes are projected from
 * @param aLog [inner, states]
 * @param skip D, [inner]
 */
record VimDirection(
    boolean reversed,
    ShortConvolution conv,
    Linear xProjection,
    long rank,
    Linear stepProjection,
    Parameter aLog,
    Parameter skip) {

  /**
   * @param x [batch, length, inner]
   * @param z the gate, of the same shape
   */
  Tensor apply(Tensor x, Tensor z, Pass pass) {
    Ops ops = pass.ops();
    Tensor u = conv.apply(x, pass);
    long states = aLog.shape().dim(1);
    List<Tensor> parts = ops.split(xProjection.apply(ops, u), 2, rank, states, states);
    return new SelectiveScan(true, reversed)
        .apply(
            ops,
            new SelectiveScan.Operands(
                u,
                ops.linear(parts.get(0), stepProjection.weight()),
                ops.value(aLog),
                parts.get(1),
                parts.get(2),
                ops.value(skip),
                z,
                ops.value(Objects.requireNonNull(stepProjection.bias())),
                null,
                pass.sequences().segments().orElse(null)))
        .y();
  }
}
