package io.colubrid.plugins.vision;

import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.layer.Stem;
import io.colubrid.spi.layer.StreamShape;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.Unary;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.Objects;

/**
 * Images F32 [batch, height, width, channels] to a grid of a quarter of their height and width, by
 * two convolutions with GELU between them (VMamba's patch embedding, Liu et al., 2024).
 */
record ConvStem(ImageConfig image, Convolution first, Convolution second) implements Stem {
  @Override
  public TensorType input(long batch, long length) {
    return image.batch(batch);
  }

  @Override
  public Tensor forward(Tensor input, Pass pass) {
    Ops ops = pass.ops();
    Tensor inner = ops.unary(Unary.GELU, first.apply(ops, input));
    return second.apply(ops, inner);
  }

  @Override
  public StreamShape output() {
    StreamShape.Grid half =
        Objects.requireNonNull(first.output(image.height(), image.width()).grid());
    return second.output(half.height(), half.width());
  }
}
