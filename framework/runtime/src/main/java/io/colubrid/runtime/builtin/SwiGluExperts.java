package io.colubrid.runtime.builtin;

import io.colubrid.nn.GroupedSwiGlu;
import io.colubrid.nn.StackedLinear;
import io.colubrid.spi.layer.ExpertChannel;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;

/**
 * {@link SwiGluLayer} as experts.
 *
 * @param gate width to inner width
 * @param up width to inner width
 * @param down inner width to width
 */
record SwiGluExperts(StackedLinear gate, StackedLinear up, StackedLinear down, double dropout)
    implements ExpertChannel {
  @Override
  public Tensor forward(Tensor x, Tensor offsets, Pass pass) {
    Ops ops = pass.ops();
    Tensor inner = GroupedSwiGlu.of(ops, gate, up, x, offsets);
    return down.apply(ops, pass.dropout(inner, dropout, "dropout"), offsets);
  }
}
