package io.colubrid.runtime.combinator;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link DocumentReversal} on a GPU: a block a row, which sweeps forth and back. */
final class DocumentReversalCuda implements CudaBody {
  private static final int THREADS = 1024;

  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    return true;
  }

  @Override
  public void forward(CudaCall call) {
    Shape shape = requireNonNull(call.inputTypes().getFirst()).shape();
    call.launch(
        "document_reversal",
        "document_reversal",
        CudaCall.Grid.of(shape.dim(0)),
        THREADS,
        0,
        call.input(0),
        call.output(0),
        shape.dim(1));
  }
}
