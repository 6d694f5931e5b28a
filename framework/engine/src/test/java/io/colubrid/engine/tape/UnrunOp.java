package io.colubrid.engine.tape;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.op.Op;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An operation with a body for GPUs that nobody runs, for what is told of programs alone. */
public interface UnrunOp extends Op, CudaBody {
  @Override
  default String name() {
    return "unrun";
  }

  @Override
  default boolean accepts(List<@Nullable TensorType> inputs) {
    return true;
  }

  @Override
  default CudaBody cudaBody() {
    return this;
  }

  @Override
  default List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    throw new AssertionError("the body serves");
  }

  @Override
  default void forward(CudaCall call) {
    throw new AssertionError("nothing is launched here");
  }
}
