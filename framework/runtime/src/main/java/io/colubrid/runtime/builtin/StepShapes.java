package io.colubrid.runtime.builtin;

import static java.util.Objects.requireNonNull;

import io.colubrid.runtime.training.UpdateControl;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Shapes of an optimizer's step: a value, tensors shaped as the value, and the control; and how a
 * step lies over a GPU.
 */
final class StepShapes {
  private static final Shape CONTROL = Shape.of(UpdateControl.SIZE);

  /** The fatbin of optimizers' kernels, for bodies in this package. */
  static final String FATBIN = "optimizer";

  static final int THREADS = 256;

  private StepShapes() {}

  static boolean isF32(@Nullable TensorType type) {
    return type != null && type.dtype() == DType.F32;
  }

  /** Elements of the value. */
  static long count(List<@Nullable TensorType> inputs) {
    return requireNonNull(inputs.getFirst()).shape().elements();
  }

  /** One thread four elements. */
  static CudaCall.Grid grid(long count) {
    return CudaCall.Grid.of(Math.ceilDiv(count, 4 * THREADS));
  }

  /** The type of the value, if all else fits it. */
  static TensorType require(String operation, List<@Nullable TensorType> inputs, int count) {
    TensorType value = inputs.size() == count ? inputs.getFirst() : null;
    if (value == null) {
      throw new ShapeException(operation + ": expected " + count + " inputs, found " + inputs);
    }
    TensorType control = inputs.getLast();
    if (control == null || !control.shape().equals(CONTROL)) {
      throw new ShapeException(operation + ": the control must be " + CONTROL + ", not " + control);
    }
    for (TensorType other : inputs.subList(1, count - 1)) {
      if (!value.equals(other)) {
        throw new ShapeException(
            operation + ": the value is " + value + ", but a slot or gradient is " + other);
      }
    }
    return value;
  }
}
