package io.colubrid.runtime.builtin;

import io.colubrid.nn.Linear;
import io.colubrid.nn.SwiGlu;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;

/**
 * down(SiLU(gate x)·up x) at each position alone (Shazeer, 2020; as in Llama).
 *
 * @param gate width to inner width
 * @param up width to inner width
 * @param down inner width to width
 */
record SwiGluLayer(Linear gate, Linear up, Linear down, double dropout) implements Layer {
  @Override
  public Tensor forward(Tensor x, Pass pass) {
    Ops ops = pass.ops();
    Tensor inner = new SwiGlu().apply(ops, gate.apply(ops, x), up.apply(ops, x));
    return down.apply(ops, pass.dropout(inner, dropout, "dropout"));
  }
}
