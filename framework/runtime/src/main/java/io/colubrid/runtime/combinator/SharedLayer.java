package io.colubrid.runtime.combinator;

import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.layer.StreamShape;
import io.colubrid.spi.tensor.Tensor;

/** A layer whose weights stand at several depths of the model (Zamba, Glorioso et al., 2024). */
record SharedLayer(Layer of) implements Layer {
  @Override
  public Tensor forward(Tensor x, Pass pass) {
    return of.forward(x, pass);
  }

  @Override
  public StreamShape output(StreamShape input) {
    return of.output(input);
  }
}
