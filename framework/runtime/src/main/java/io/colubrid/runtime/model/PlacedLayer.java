package io.colubrid.runtime.model;

import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerTraits;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.layer.StreamShape;
import io.colubrid.spi.tensor.Tensor;

/**
 * A layer at its place in the model. Its forward tells the pass where it is, so that a layer finds
 * its own states and random streams without knowing its path.
 */
record PlacedLayer(String path, Layer layer) implements Layer {
  @Override
  public Tensor forward(Tensor x, Pass pass) {
    return ((ModelPass) pass).inside(path, here -> layer.forward(x, here));
  }

  @Override
  public StreamShape output(StreamShape input) {
    return layer.output(input);
  }

  @Override
  public LayerTraits traits() {
    return layer.traits();
  }
}
