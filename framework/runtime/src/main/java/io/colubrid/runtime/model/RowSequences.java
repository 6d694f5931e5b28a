package io.colubrid.runtime.model;

import io.colubrid.spi.layer.Sequences;
import io.colubrid.spi.tensor.Tensor;
import java.util.Optional;

/**
 * What the rows of a batch hold, with the tensors that say so.
 *
 * @param kind what a row holds
 * @param segments I32 [batch, length], absent for dense rows
 * @param positions I32 [batch, length], absent for dense rows
 */
public record RowSequences(Kind kind, Optional<Tensor> segments, Optional<Tensor> positions)
    implements Sequences {
  /** Rows of one whole sequence each. */
  public static RowSequences dense() {
    return new RowSequences(Kind.DENSE, Optional.empty(), Optional.empty());
  }
}
