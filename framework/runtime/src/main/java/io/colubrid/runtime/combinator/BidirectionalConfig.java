package io.colubrid.runtime.combinator;

import io.colubrid.spi.layer.LayerSpec;

/**
 * Keys of the layer {@code bidirectional}.
 *
 * @param of the layer that runs in both directions
 * @param weights whether each direction has its own
 * @param combine what becomes of the two outputs
 */
public record BidirectionalConfig(LayerSpec of, Weights weights, Combination combine) {
  /** Whether each direction has weights of its own. */
  public enum Weights {
    SEPARATE,
    SHARED
  }

  /** What becomes of the two outputs. */
  public enum Combination {
    SUM,
    MEAN,
    /** They stand side by side, and a product brings them back to the width. */
    CONCAT,
    /** A gate made of the input weighs one against the other, feature by feature. */
    GATED
  }
}
