package io.colubrid.plugins.moe;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@link Route} on a GPU, in one launch, where nothing is learned from it. Training takes the
 * definition, whose products are worth a library's.
 */
record RouteCuda(Route route) implements CudaBody {
  private static final int MOST_EXPERTS = 256;
  private static final long WORD = 4;

  /** x of F32 or BF16, weights of F32. */
  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    TensorType weight = RowLaunches.type(inputs, Route.WEIGHT);
    return RowLaunches.known(RowLaunches.type(inputs, Route.X).dtype())
        && weight.dtype() == DType.F32
        && weight.shape().dim(0) <= MOST_EXPERTS
        && weight.shape().dim(1) % WORD == 0;
  }

  @Override
  public boolean hasBackward() {
    return false;
  }

  @Override
  public void forward(CudaCall call) {
    TensorType x = RowLaunches.type(call.inputTypes(), Route.X);
    Shape weight = RowLaunches.type(call.inputTypes(), Route.WEIGHT).shape();
    call.launchEarly(
        RowLaunches.FATBIN,
        "route" + RowLaunches.suffix(x.dtype()),
        CudaCall.Grid.of(x.shape().dim(0)),
        RowLaunches.THREADS,
        0,
        call.input(Route.X),
        call.input(Route.WEIGHT),
        call.output(0),
        call.output(1),
        call.output(2),
        call.output(3),
        weight.dim(1),
        (int) weight.dim(0),
        route.k(),
        route.renormalise() ? 1 : 0);
  }
}
