package io.colubrid.runtime.builtin;

import static java.util.Objects.requireNonNull;

import io.colubrid.runtime.training.UpdateControl;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.Unary;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The definition of {@link AdamWStep}. */
final class AdamWReference {
  private final AdamWStep step;
  private final Ops ops;
  private final Tensor value;
  private final Tensor gradient;
  private final Tensor mean;
  private final Tensor meanSquare;
  private final StepControl control;
  private final boolean copied;

  AdamWReference(AdamWStep step, Ops ops, List<@Nullable Tensor> inputs) {
    this.step = step;
    this.ops = ops;
    this.value = requireNonNull(inputs.get(AdamWStep.VALUE));
    this.gradient = requireNonNull(inputs.get(AdamWStep.GRADIENT));
    this.mean = requireNonNull(inputs.get(AdamWStep.MEAN));
    this.meanSquare = requireNonNull(inputs.get(AdamWStep.MEAN_SQUARE));
    this.control = new StepControl(ops, inputs.get(AdamWStep.CONTROL), value);
    this.copied = inputs.get(AdamWStep.COPY) != null;
  }

  List<Tensor> outputs() {
    Tensor g = ops.multiply(gradient, control.part(UpdateControl.FACTOR));
    Tensor m = blend(step.beta1(), mean, g);
    Tensor v = blend(step.beta2(), meanSquare, ops.unary(Unary.SQUARE, g));
    Tensor unbiased = ops.divide(m, oneMinusPower(step.beta1()));
    Tensor root = ops.unary(Unary.SQRT, ops.divide(v, oneMinusPower(step.beta2())));
    Tensor direction = ops.divide(unbiased, ops.affine(root, 1, step.epsilon()));
    Tensor change = ops.multiply(control.part(UpdateControl.LEARNING_RATE), direction);
    Tensor w = ops.subtract(ops.multiply(value, control.kept(step.weightDecay())), change);
    Tensor next = control.choose(w, value);
    List<Tensor> outputs = new ArrayList<>();
    outputs.add(next);
    outputs.add(control.choose(m, mean));
    outputs.add(control.choose(v, meanSquare));
    if (copied) {
      outputs.add(ops.cast(next, DType.BF16));
    }
    return outputs;
  }

  private Tensor blend(double beta, Tensor before, Tensor next) {
    return ops.add(ops.scale(before, beta), ops.scale(next, 1 - beta));
  }

  /** 1 − βᵗ as −2T/(1 − T) with T = tanh(t·ln β/2), which does not cancel while βᵗ is near 1. */
  private Tensor oneMinusPower(double beta) {
    Tensor half = ops.scale(control.part(UpdateControl.UPDATE), Math.log(beta) / 2);
    Tensor tanh = ops.unary(Unary.TANH, half);
    return ops.divide(ops.scale(tanh, -2), ops.affine(tanh, -1, 1));
  }
}
