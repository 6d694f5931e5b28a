package io.colubrid.plugins.moe;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link Combine} on a GPU. */
final class CombineCuda implements CudaBody {
  static final CombineCuda BODY = new CombineCuda();

  private CombineCuda() {}

  /** Rows of F32 or BF16, weights of F32. */
  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    return RowLaunches.known(RowLaunches.type(inputs, Combine.ROWS).dtype())
        && RowLaunches.type(inputs, Combine.WEIGHTS).dtype() == DType.F32;
  }

  @Override
  public void forward(CudaCall call) {
    rows(call)
        .gather(
            call.input(Combine.ROWS),
            call.input(Combine.WEIGHTS),
            call.output(0),
            weights(call).shape().dim(0));
  }

  @Override
  public void backward(CudaCall call) {
    TensorType rows = RowLaunches.type(call.inputTypes(), Combine.ROWS);
    if (call.wantsGradient(Combine.ROWS)) {
      rows(call)
          .spread(
              call.outputGradient(0),
              call.input(Combine.WEIGHTS),
              call.input(Combine.POSITIONS),
              call.inputGradient(Combine.ROWS),
              rows.shape().dim(0));
    }
    if (call.wantsGradient(Combine.WEIGHTS)) {
      long choices = weights(call).shape().elements();
      call.launch(
          RowLaunches.FATBIN,
          "weight_gradients" + RowLaunches.suffix(rows.dtype()),
          RowLaunches.warps(choices),
          RowLaunches.THREADS,
          0,
          call.input(Combine.ROWS),
          call.input(Combine.SLOTS),
          call.outputGradient(0),
          call.inputGradient(Combine.WEIGHTS),
          rows.shape().dim(1),
          (int) weights(call).shape().dim(1),
          choices);
    }
  }

  private static TensorType weights(CudaCall call) {
    return RowLaunches.type(call.inputTypes(), Combine.WEIGHTS);
  }

  private static RowLaunches rows(CudaCall call) {
    return new RowLaunches(
        call,
        call.input(Combine.SLOTS),
        weights(call).shape().dim(1),
        RowLaunches.type(call.inputTypes(), Combine.ROWS));
  }
}
