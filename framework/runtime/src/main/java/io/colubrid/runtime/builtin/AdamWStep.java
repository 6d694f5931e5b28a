package io.colubrid.runtime.builtin;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.Op;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One update of one parameter by AdamW (Loshchilov and Hutter, 2019, algorithm 2, with the decay
 * multiplied by the learning rate as PyTorch has it). With g the gradient times the control's
 * factor, t the number of the update and η the learning rate:
 *
 * <pre>
 * m = β₁m + (1 − β₁)g     v = β₂v + (1 − β₂)g²
 * w = (1 − ηλ)w − η·m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε)
 * </pre>
 *
 * <p>Inputs: value, gradient, m and v of one shape, the control F32 [4], and the BF16 copy of the
 * value or null. Outputs: value, m, v and the copy, all in place; where the control says not to
 * proceed they stay as they are, bit for bit.
 *
 * @param weightDecay λ; 0 for parameters that do not decay
 */
record AdamWStep(double beta1, double beta2, double epsilon, double weightDecay) implements Op {
  static final int VALUE = 0;
  static final int GRADIENT = 1;
  static final int MEAN = 2;
  static final int MEAN_SQUARE = 3;
  static final int CONTROL = 4;
  static final int COPY = 5;

  @Override
  public String name() {
    return "adamw";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    TensorType value = StepShapes.require(name(), inputs.subList(0, COPY), CONTROL + 1);
    TensorType copy = inputs.get(COPY);
    if (copy == null) {
      return List.of(value, value, value);
    }
    if (!copy.equals(value.withDtype(DType.BF16))) {
      throw new ShapeException(name() + ": " + copy + " is no bf16 copy of " + value);
    }
    return List.of(value, value, value, copy);
  }

  @Override
  public int inPlaceOf(int output) {
    return switch (output) {
      case 0 -> VALUE;
      case 1 -> MEAN;
      case 2 -> MEAN_SQUARE;
      default -> COPY;
    };
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    return new AdamWReference(this, ops, inputs).outputs();
  }

  @Override
  public CpuBody cpuBody() {
    return new AdamWCpu(this);
  }

  @Override
  public CudaBody cudaBody() {
    return new AdamWCuda(this);
  }
}
