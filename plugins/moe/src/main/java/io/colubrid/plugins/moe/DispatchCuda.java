package io.colubrid.plugins.moe;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link Dispatch} on a GPU. */
final class DispatchCuda implements CudaBody {
  static final DispatchCuda BODY = new DispatchCuda();

  private DispatchCuda() {}

  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    return RowLaunches.known(RowLaunches.type(inputs, Dispatch.X).dtype());
  }

  @Override
  public boolean backwardReadsInput(int input) {
    return input == Dispatch.SLOTS;
  }

  @Override
  public void forward(CudaCall call) {
    long slots = RowLaunches.type(call.inputTypes(), Dispatch.POSITIONS).shape().dim(0);
    rows(call)
        .spread(call.input(Dispatch.X), 0, call.input(Dispatch.POSITIONS), call.output(0), slots);
  }

  @Override
  public void backward(CudaCall call) {
    long positions = RowLaunches.type(call.inputTypes(), Dispatch.X).shape().dim(0);
    rows(call).gather(call.outputGradient(0), 0, call.inputGradient(Dispatch.X), positions);
  }

  private static RowLaunches rows(CudaCall call) {
    long k = RowLaunches.type(call.inputTypes(), Dispatch.SLOTS).shape().dim(1);
    TensorType x = RowLaunches.type(call.inputTypes(), Dispatch.X);
    return new RowLaunches(call, call.input(Dispatch.SLOTS), k, x);
  }
}
