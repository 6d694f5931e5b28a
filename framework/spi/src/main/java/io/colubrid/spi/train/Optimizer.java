package io.colubrid.spi.train;

import io.colubrid.spi.op.Ops;
import java.util.List;

/**
 * Updates parameters from their gradients. Everything that changes from step to step is a tensor.
 */
public interface Optimizer {

  /** Names of the F32 tensors, shaped as the parameter, that are kept for each parameter. */
  List<String> slots();

  /**
   * Whether every element is updated from its own gradient and its own slots alone, whatever tensor
   * it stands in. Parameters that are treated alike may then come as one, flat.
   */
  default boolean elementwise() {
    return false;
  }

  /** Records the update of one parameter and of its slots, all in place. */
  void update(ParameterUpdate update, Ops ops);
}
