package io.colubrid.plugins.moe;

import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.tensor.Tensor;

/** The experts of a layer, however their weights are kept. */
sealed interface Experts permits StackedExperts, SeparateExperts {
  /** Whether the queue of each expert must have a fixed place, however few stand in it. */
  boolean spaced();

  /**
   * @param rows [slots, width]: what stands in the queues
   * @return [slots, width]
   */
  Tensor forward(Tensor rows, ExpertQueues.Result queues, Pass pass);
}
