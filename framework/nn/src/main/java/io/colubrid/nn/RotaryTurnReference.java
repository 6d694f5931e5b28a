package io.colubrid.nn;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.Unary;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The definition of {@link RotaryTurn}. */
final class RotaryTurnReference {
  private final Ops ops;
  private final double[] frequencies;

  RotaryTurnReference(Ops ops, double[] frequencies) {
    this.ops = ops;
    this.frequencies = frequencies;
  }

  Tensor turn(List<@Nullable Tensor> inputs) {
    Tensor x = requireNonNull(inputs.get(RotaryTurn.X));
    Tensor positions = inputs.get(RotaryTurn.POSITIONS);
    Tensor offsets = inputs.get(RotaryTurn.OFFSETS);
    // Angles are large numbers: in BF16 they would be off by whole turns.
    DType precision = x.dtype() == DType.F64 ? DType.F64 : DType.F32;
    Tensor angles = angles(precision, x.dim(1), positions, offsets);
    Tensor cos = ops.unary(Unary.COS, angles);
    Tensor sin = ops.unary(Unary.SIN, angles);
    long half = frequencies.length;
    List<Tensor> halves = ops.split(ops.cast(x, precision), 3, half, half);
    Tensor first = halves.get(0);
    Tensor second = halves.get(1);
    Tensor turned =
        ops.concat(
            3,
            List.of(
                ops.subtract(ops.multiply(first, cos), ops.multiply(second, sin)),
                ops.add(ops.multiply(second, cos), ops.multiply(first, sin))));
    return ops.cast(turned, x.dtype());
  }

  /** [batch or 1, length, 1, headDim/2]. */
  private Tensor angles(
      DType dtype, long length, @Nullable Tensor positions, @Nullable Tensor offsets) {
    Tensor at =
        positions == null
            ? ops.reshape(ops.range(dtype, length), Shape.of(1, length, 1, 1))
            : ops.reshape(ops.cast(positions, dtype), Shape.of(positions.dim(0), length, 1, 1));
    if (offsets != null) {
      at = ops.add(at, ops.reshape(ops.cast(offsets, dtype), Shape.of(offsets.dim(0), 1, 1, 1)));
    }
    Shape shape = Shape.of(1, 1, 1, frequencies.length);
    return ops.multiply(at, ops.constant(dtype, shape, frequencies));
  }
}
