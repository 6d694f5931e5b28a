package io.colubrid.spi.layer;

import io.colubrid.spi.tensor.Tensor;

/** The states of one layer in one pass. All start as zeros. */
public interface LayerState {

  /** The state as the last pass left it, in the storage shape of its {@link StateSpec}. */
  Tensor get(String name);

  /**
   * Makes {@code next} the state that the next pass starts from. Costs nothing when an operation
   * has already overwritten the state in place and {@code next} is its output.
   */
  void advance(String name, Tensor next);

  /** I32 [slots]: how many tokens each sequence had before this pass. */
  Tensor lengths();
}
