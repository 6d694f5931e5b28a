package io.colubrid.runtime.builtin;

import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.layer.Stem;
import io.colubrid.spi.layer.StreamShape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;

/**
 * Token ids I32 [batch, length] to their rows of a table. Padding (−1) becomes zeros.
 *
 * @param weight [vocabulary, d-model]
 */
record EmbeddingStem(Parameter weight, double dropout) implements Stem {
  @Override
  public TensorType input(long batch, long length) {
    return TensorType.i32(batch, length);
  }

  @Override
  public Tensor forward(Tensor input, Pass pass) {
    return pass.dropout(pass.ops().embedding(input, weight), dropout, "dropout");
  }

  @Override
  public StreamShape output() {
    return StreamShape.sequence(weight.shape().dim(1));
  }
}
