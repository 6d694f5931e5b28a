package io.colubrid.runtime.builtin;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link SgdStep} on a GPU, in one pass over memory. */
record SgdCuda(SgdStep step) implements CudaBody {
  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    return StepShapes.isF32(inputs.get(SgdStep.VALUE));
  }

  @Override
  public void forward(CudaCall call) {
    long count = StepShapes.count(call.inputTypes());
    call.launch(
        StepShapes.FATBIN,
        "sgd",
        StepShapes.grid(count),
        StepShapes.THREADS,
        0,
        call.input(SgdStep.VALUE),
        call.input(SgdStep.GRADIENT),
        call.input(SgdStep.DIRECTION),
        call.input(SgdStep.CONTROL),
        step.momentum(),
        step.weightDecay(),
        count);
  }
}
