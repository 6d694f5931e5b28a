package io.colubrid.runtime.generation;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.op.CudaCall.Grid;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link NextToken} on a GPU, by one block. */
final class NextTokenCuda implements CudaBody {
  static final NextTokenCuda BODY = new NextTokenCuda();

  private static final int THREADS = 1024;

  private NextTokenCuda() {}

  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    return requireNonNull(inputs.get(NextToken.SCORES)).dtype() == DType.F32;
  }

  /** The scores with the penalty, and their weights. */
  @Override
  public long forwardWorkspace(List<@Nullable TensorType> inputs) {
    return 2 * requireNonNull(inputs.get(NextToken.SCORES)).bytes();
  }

  @Override
  public void forward(CudaCall call) {
    TensorType scores = requireNonNull(call.inputTypes().get(NextToken.SCORES));
    call.launchEarly(
        "next_token",
        "next_token",
        Grid.of(1),
        THREADS,
        0,
        call.input(NextToken.SCORES),
        call.output(0),
        call.output(1),
        call.input(NextToken.SETTINGS),
        call.workspace(),
        scores.shape().dim(0));
  }
}
