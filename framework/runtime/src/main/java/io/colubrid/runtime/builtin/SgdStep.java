package io.colubrid.runtime.builtin;

import static java.util.Objects.requireNonNull;

import io.colubrid.runtime.training.UpdateControl;
import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.Op;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One update of one parameter by gradient descent with momentum (Sutskever et al., 2013, as PyTorch
 * writes it, with decoupled decay). With g the gradient times the control's factor and η the
 * learning rate: b = μb + g, w = (1 − ηλ)w − ηb.
 *
 * <p>Inputs: value, gradient and b of one shape, and the control F32 [4]. Outputs: value and b,
 * both in place; where the control says not to proceed they stay as they are.
 *
 * @param momentum μ
 * @param weightDecay λ; 0 for parameters that do not decay
 */
record SgdStep(double momentum, double weightDecay) implements Op {
  static final int VALUE = 0;
  static final int GRADIENT = 1;
  static final int DIRECTION = 2;
  static final int CONTROL = 3;

  @Override
  public String name() {
    return "sgd";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    return Collections.nCopies(2, StepShapes.require(name(), inputs, CONTROL + 1));
  }

  @Override
  public int inPlaceOf(int output) {
    return output == 0 ? VALUE : DIRECTION;
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    Tensor value = requireNonNull(inputs.get(VALUE));
    Tensor direction = requireNonNull(inputs.get(DIRECTION));
    StepControl control = new StepControl(ops, inputs.get(CONTROL), value);
    Tensor factor = control.part(UpdateControl.FACTOR);
    Tensor g = ops.multiply(requireNonNull(inputs.get(GRADIENT)), factor);
    Tensor b = ops.add(ops.scale(direction, momentum), g);
    Tensor change = ops.multiply(b, control.part(UpdateControl.LEARNING_RATE));
    Tensor w = ops.subtract(ops.multiply(value, control.kept(weightDecay)), change);
    return List.of(control.choose(w, value), control.choose(b, direction));
  }

  @Override
  public CpuBody cpuBody() {
    return new SgdCpu(this);
  }

  @Override
  public CudaBody cudaBody() {
    return new SgdCuda(this);
  }
}
