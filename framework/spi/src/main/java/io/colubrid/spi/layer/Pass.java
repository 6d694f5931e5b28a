package io.colubrid.spi.layer;

import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.Optional;
import java.util.function.Supplier;

/** All that belongs to one run of a model and not to its layers. */
public interface Pass {
  Ops ops();

  /** Whether the pass trains, so that dropout and capacities apply. */
  boolean training();

  Sequences sequences();

  /**
   * The states of the layer that is running. Empty when the whole sequence is here. With states the
   * layer starts from them and advances them; a length of 1 is a decoding step.
   */
  Optional<LayerState> state();

  /** The random stream of a purpose in the layer that is running. */
  RandomStream random(String purpose);

  /** Adds a scalar to the training objective, such as a router's balance loss. */
  void addLoss(String name, Tensor scalar);

  /**
   * Reports a figure of this pass under the path of the layer that is running: a scalar, or a
   * vector whose elements are named by their index. While training they are averaged into the
   * metrics of the run, as are the terms of {@link #addLoss}.
   */
  void metric(String name, Tensor figure);

  /** Shows an inner activation to whoever asked for it; costs nothing when nobody did. */
  void tap(String name, Tensor value);

  /**
   * Runs a part whose inner values are not kept for the backward pass but computed again there,
   * such as a chunk of logits.
   */
  Tensor recomputed(Supplier<Tensor> part);

  /**
   * This pass for a layer inside this one that is given rows of another arrangement, such as
   * positions that were gathered.
   */
  Pass over(Sequences rows);

  /** Dropout of single elements while training; x itself otherwise. */
  default Tensor dropout(Tensor x, double rate, String purpose) {
    return training() && rate > 0 ? ops().dropout(x, rate, x.shape(), random(purpose)) : x;
  }

  /** Drops x for whole sequences while training (drop-path); x itself otherwise. */
  default Tensor dropPath(Tensor x, double rate, String purpose) {
    if (!training() || rate == 0) {
      return x;
    }
    Shape mask = x.shape();
    for (int axis = 1; axis < mask.rank(); axis++) {
      mask = mask.with(axis, 1);
    }
    return ops().dropout(x, rate, mask, random(purpose));
  }
}
