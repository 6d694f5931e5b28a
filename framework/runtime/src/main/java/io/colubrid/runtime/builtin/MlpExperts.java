package io.colubrid.runtime.builtin;

import io.colubrid.nn.Activation;
import io.colubrid.nn.StackedLinear;
import io.colubrid.spi.layer.ExpertChannel;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;

/**
 * {@link MlpLayer} as experts.
 *
 * @param fc1 width to inner width
 * @param fc2 inner width to width
 */
record MlpExperts(StackedLinear fc1, StackedLinear fc2, Activation activation, double dropout)
    implements ExpertChannel {
  @Override
  public Tensor forward(Tensor x, Tensor offsets, Pass pass) {
    Ops ops = pass.ops();
    Tensor inner = activation.apply(ops, fc1.apply(ops, x, offsets));
    return fc2.apply(ops, pass.dropout(inner, dropout, "dropout"), offsets);
  }
}
