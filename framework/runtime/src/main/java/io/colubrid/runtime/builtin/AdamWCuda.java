package io.colubrid.runtime.builtin;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link AdamWStep} on a GPU, in one pass over memory. */
record AdamWCuda(AdamWStep step) implements CudaBody {
  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    return StepShapes.isF32(inputs.get(AdamWStep.VALUE));
  }

  @Override
  public void forward(CudaCall call) {
    long count = StepShapes.count(call.inputTypes());
    call.launch(
        StepShapes.FATBIN,
        "adamw",
        StepShapes.grid(count),
        StepShapes.THREADS,
        0,
        call.input(AdamWStep.VALUE),
        call.input(AdamWStep.GRADIENT),
        call.input(AdamWStep.MEAN),
        call.input(AdamWStep.MEAN_SQUARE),
        call.input(AdamWStep.COPY),
        call.input(AdamWStep.CONTROL),
        step.beta1(),
        Math.log(step.beta1()),
        step.beta2(),
        Math.log(step.beta2()),
        step.epsilon(),
        step.weightDecay(),
        count);
  }
}
