package io.colubrid.runtime.builtin;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.Op;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.Collections;
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
 * <p>Inputs: value, gradient, m and v of one shape, and the control F32 [4]. Outputs: value, m and
 * v, all in place; where the control says not to proceed they stay as they are, bit for bit.
 *
 * @param weightDecay λ; 0 for parameters that do not decay
 */
record AdamWStep(double beta1, double beta2, double epsilon, double weightDecay) implements Op {
  static final int VALUE = 0;
  static final int GRADIENT = 1;
  static final int MEAN = 2;
  static final int MEAN_SQUARE = 3;
  static final int CONTROL = 4;

  @Override
  public String name() {
    return "adamw";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    return Collections.nCopies(3, StepShapes.require(name(), inputs, CONTROL + 1));
  }

  @Override
  public int inPlaceOf(int output) {
    return switch (output) {
      case 0 -> VALUE;
      case 1 -> MEAN;
      default -> MEAN_SQUARE;
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
}
