package io.colubrid.plugins.moe;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link TopK} on a GPU: a warp a row, which finds the largest k times. */
record TopKCuda(int k) implements CudaBody {
  private static final int WEIGHTS = 0;
  private static final int CHOICES = 1;

  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    return RowLaunches.known(RowLaunches.type(inputs, 0).dtype());
  }

  @Override
  public boolean backwardReadsInput(int input) {
    return false;
  }

  @Override
  public boolean backwardReadsOutput(int output) {
    return output == CHOICES;
  }

  @Override
  public void forward(CudaCall call) {
    TensorType probabilities = RowLaunches.type(call.inputTypes(), 0);
    Shape shape = probabilities.shape();
    call.launchEarly(
        RowLaunches.FATBIN,
        "top_k" + RowLaunches.suffix(probabilities.dtype()),
        RowLaunches.warps(shape.dim(0)),
        RowLaunches.THREADS,
        0,
        call.input(0),
        call.output(WEIGHTS),
        call.output(CHOICES),
        shape.dim(0),
        (int) shape.dim(1),
        k);
  }

  @Override
  public void backward(CudaCall call) {
    TensorType probabilities = RowLaunches.type(call.inputTypes(), 0);
    Shape shape = probabilities.shape();
    call.launch(
        RowLaunches.FATBIN,
        "top_k_gradient" + RowLaunches.suffix(probabilities.dtype()),
        RowLaunches.over(shape.elements()),
        RowLaunches.THREADS,
        0,
        call.output(CHOICES),
        call.outputGradient(WEIGHTS),
        call.inputGradient(0),
        (int) shape.dim(1),
        k,
        shape.elements());
  }
}
