package io.colubrid.plugins.vision;

import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@link DepthwiseConv2d} as a sum over shifted grids. */
final class DepthwiseConv2dReference {
  private DepthwiseConv2dReference() {}

  static List<Tensor> outputs(Ops ops, List<@Nullable Tensor> inputs) {
    Tensor x = Objects.requireNonNull(inputs.get(DepthwiseConv2d.X));
    Tensor weight = Objects.requireNonNull(inputs.get(DepthwiseConv2d.WEIGHT));
    Tensor bias = inputs.get(DepthwiseConv2d.BIAS);
    Shape channels = Shape.of(1, 1, 1, x.dim(3));
    long size = weight.dim(2);
    Tensor padded = padded(ops, padded(ops, x, 1, size / 2), 2, size / 2);
    Tensor sum = bias == null ? null : ops.reshape(bias, channels);
    for (long r = 0; r < size; r++) {
      Tensor rows = ops.slice(padded, 1, r, r + x.dim(1));
      for (long c = 0; c < size; c++) {
        Tensor tap = ops.slice(ops.slice(weight, 2, r, r + 1), 3, c, c + 1);
        Tensor shifted = ops.slice(rows, 2, c, c + x.dim(2));
        Tensor term = ops.multiply(shifted, ops.reshape(tap, channels));
        sum = sum == null ? term : ops.add(sum, term);
      }
    }
    return List.of(Objects.requireNonNull(sum));
  }

  private static Tensor padded(Ops ops, Tensor x, int axis, long zeros) {
    if (zeros == 0) {
      return x;
    }
    Tensor border = ops.constant(x.dtype(), x.shape().with(axis, zeros), 0);
    return ops.concat(axis, List.of(border, x, border));
  }
}
