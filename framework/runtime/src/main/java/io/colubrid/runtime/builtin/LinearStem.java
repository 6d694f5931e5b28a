package io.colubrid.runtime.builtin;

import io.colubrid.nn.Linear;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.layer.Stem;
import io.colubrid.spi.layer.StreamShape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;

/**
 * Real-valued series F32 [batch, length, features] to the stream.
 *
 * @param projection features to d-model
 */
record LinearStem(Linear projection, double dropout) implements Stem {
  @Override
  public TensorType input(long batch, long length) {
    return TensorType.f32(batch, length, projection.weight().shape().dim(1));
  }

  @Override
  public Tensor forward(Tensor input, Pass pass) {
    return pass.dropout(projection.apply(pass.ops(), input), dropout, "dropout");
  }

  @Override
  public StreamShape output() {
    return StreamShape.sequence(projection.weight().shape().dim(0));
  }
}
