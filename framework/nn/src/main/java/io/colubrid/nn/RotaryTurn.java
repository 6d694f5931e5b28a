package io.colubrid.nn;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.DifferentiableOp;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns feature i together with feature i + headDim/2 by the angle position · frequency(i).
 *
 * <p>Inputs: x [batch, length, heads, headDim]; optionally positions I32 [batch, length], else 0 to
 * length − 1; optionally offsets I32 [batch], added to them. Output: x turned.
 */
final class RotaryTurn implements DifferentiableOp {
  static final int X = 0;
  static final int POSITIONS = 1;
  static final int OFFSETS = 2;

  private final double[] frequencies;

  /**
   * @param frequencies headDim/2 of them, in radians a position
   */
  RotaryTurn(double[] frequencies) {
    this.frequencies = frequencies;
  }

  @Override
  public String name() {
    return "rotary";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    TensorType x = inputs.get(X);
    if (x == null
        || !x.dtype().isFloating()
        || x.shape().rank() != 4
        || x.shape().dim(3) != 2L * frequencies.length) {
      throw new ShapeException(
          "rotary: expected a floating x [batch, length, heads, %d], found %s"
              .formatted(2 * frequencies.length, x));
    }
    long batch = x.shape().dim(0);
    requireI32("positions", inputs.get(POSITIONS), Shape.of(batch, x.shape().dim(1)));
    requireI32("offsets", inputs.get(OFFSETS), Shape.of(batch));
    return List.of(x);
  }

  private static void requireI32(String name, @Nullable TensorType type, Shape shape) {
    if (type != null && !type.equals(new TensorType(DType.I32, shape))) {
      throw new ShapeException("rotary: expected %s i32%s, found %s".formatted(name, shape, type));
    }
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    return List.of(new RotaryTurnReference(ops, frequencies).turn(inputs));
  }

  @Override
  public CpuBody cpuBody() {
    return new RotaryTurnCpu(frequencies);
  }

  @Override
  public CudaBody cudaBody() {
    return new RotaryTurnCuda(frequencies);
  }
}
