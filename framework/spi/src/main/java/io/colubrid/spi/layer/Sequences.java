package io.colubrid.spi.layer;

import io.colubrid.spi.tensor.Tensor;
import java.util.Optional;

/**
 * What the rows of a batch hold. The kind is known when the pass is recorded; the rest are device
 * tensors that change from step to step.
 */
public interface Sequences {
  /** What a row of a batch holds. */
  enum Kind {
    /** One sequence of full length. */
    DENSE,
    /** One sequence, with padding before or behind it. */
    PADDED,
    /**
     * Several documents, one behind the other, perhaps with padding behind the last. Never together
     * with states, whose slots hold one sequence each.
     */
    PACKED
  }

  Kind kind();

  /**
   * I32 [batch, length]: the number of the document that a position belongs to, −1 for padding.
   * Absent for DENSE.
   */
  Optional<Tensor> segments();

  /**
   * I32 [batch, length]: the position within its document in this pass, from 0; −1 for padding.
   * Absent for DENSE, where it is the index in the row.
   */
  Optional<Tensor> positions();
}
