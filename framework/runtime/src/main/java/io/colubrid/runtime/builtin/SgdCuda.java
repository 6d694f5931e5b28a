package io.colubrid.runtime.builtin;

<<<<<<< HEAD
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
=======
import static java.util.Objects.requireNonNull;

import io.colubrid.runtime.training.UpdateControl;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;
>>>>>>> bdf20c3 (Run vision's operations, reversal and SGD on GPUs)
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link SgdStep} on a GPU, in one pass over memory. */
record SgdCuda(SgdStep step) implements CudaBody {
<<<<<<< HEAD
  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    return StepShapes.isF32(inputs.get(SgdStep.VALUE));
=======
  private static final int THREADS = 256;
  private static final long MOST_BLOCKS = 1 << 16;

  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    return requireNonNull(inputs.get(SgdStep.VALUE)).dtype() == DType.F32;
>>>>>>> bdf20c3 (Run vision's operations, reversal and SGD on GPUs)
  }

  @Override
  public void forward(CudaCall call) {
<<<<<<< HEAD
    long count = StepShapes.count(call.inputTypes());
    call.launch(
        StepShapes.FATBIN,
        "sgd",
        StepShapes.grid(count, call.multiprocessors()),
        StepShapes.THREADS,
=======
    long count = requireNonNull(call.inputTypes().get(SgdStep.VALUE)).shape().elements();
    call.launch(
        "sgd",
        "sgd",
        CudaCall.Grid.of(Math.min(Math.ceilDiv(count, THREADS), MOST_BLOCKS)),
        THREADS,
>>>>>>> bdf20c3 (Run vision's operations, reversal and SGD on GPUs)
        0,
        call.input(SgdStep.VALUE),
        call.input(SgdStep.GRADIENT),
        call.input(SgdStep.DIRECTION),
        call.input(SgdStep.CONTROL),
<<<<<<< HEAD
        step.momentum(),
        step.weightDecay(),
=======
        UpdateControl.PROCEED,
        UpdateControl.LEARNING_RATE,
        UpdateControl.FACTOR,
        (float) step.momentum(),
        (float) step.weightDecay(),
>>>>>>> bdf20c3 (Run vision's operations, reversal and SGD on GPUs)
        count);
  }
}
