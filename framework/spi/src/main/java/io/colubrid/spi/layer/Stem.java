package io.colubrid.spi.layer;

import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;

/** The beginning of a model: turns input into the stream. */
public interface Stem {

  /** Type of the input for a batch of sequences, such as I32 [batch, length] token ids. */
  TensorType input(long batch, long length);

  Tensor forward(Tensor input, Pass pass);

  StreamShape output();
}
