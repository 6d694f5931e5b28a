package io.colubrid.runtime.builtin;

import io.colubrid.nn.Activation;
import io.colubrid.nn.Linear;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;

/**
 * fc2(activation(fc1 x)), at each position alone.
 *
 * @param fc1 width to inner width
 * @param fc2 inner width to width
 */
record MlpLayer(Linear fc1, Linear fc2, Activation activation, double dropout) implements Layer {
  @Override
  public Tensor forward(Tensor x, Pass pass) {
    Ops ops = pass.ops();
    Tensor inner = activation.apply(ops, fc1.apply(ops, x));
    return fc2.apply(ops, pass.dropout(inner, dropout, "dropout"));
  }
}
