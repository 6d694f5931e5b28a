package io.colubrid.spi.layer;

import io.colubrid.spi.tensor.Tensor;

/**
 * A layer of a model. It holds its parameters and its config and no mutable field: several threads
 * may run one model, and all that belongs to one run is in the {@link Pass}.
 */
public interface Layer {

  /**
   * One method for training, prefill, chunked prefill and decoding.
   *
   * @param x [batch, length, width] or [batch, height, width, channels]
   * @return the stream in the shape that {@link #output} declares
   */
  Tensor forward(Tensor x, Pass pass);

  /** Shape of the stream behind this layer. */
  default StreamShape output(StreamShape input) {
    return input;
  }

  /**
   * Whether the layer takes a grid of positions, [batch, height, width, channels]. One that looks
   * at single positions does; others only if they say so here.
   */
  default boolean takesGrid() {
    LayerTraits traits = traits();
    return traits.causal() && traits.stateful() && traits.states().isEmpty();
  }

  default LayerTraits traits() {
    return LayerTraits.pointwise();
  }
}
