package io.colubrid.runtime.combinator;

import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.layer.StreamShape;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A layer whose output is multiplied before it goes back to the stream: by a learned factor for
 * each feature (LayerScale, Touvron et al., 2021), or by a constant.
 *
 * @param learned [width], or null for the constant
 */
record ResidualScaleLayer(Layer of, @Nullable Parameter learned, double constant) implements Layer {
  @Override
  public Tensor forward(Tensor x, Pass pass) {
    Ops ops = pass.ops();
    Tensor y = of.forward(x, pass);
    return learned == null ? ops.scale(y, constant) : ops.multiply(y, ops.value(learned));
  }

  @Override
  public StreamShape output(StreamShape input) {
    return of.output(input);
  }
}
