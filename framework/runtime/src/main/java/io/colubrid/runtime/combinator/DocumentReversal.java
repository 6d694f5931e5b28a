package io.colubrid.runtime.combinator;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.Op;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the rows of a batch come from when each document is turned round where it lies.
 *
 * <p>Input: segments I32 [batch, length]. Output: I32 [batch · length], the index of each
 * position's source among all positions of the batch, −1 for padding.
 */
record DocumentReversal() implements Op {
  @Override
  public String name() {
    return "document-reversal";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    TensorType segments = inputs.getFirst();
    if (segments == null || segments.dtype() != DType.I32 || segments.shape().rank() != 2) {
      throw new ShapeException(name() + ": needs segments i32 [batch, length], not " + segments);
    }
    return List.of(new TensorType(DType.I32, Shape.of(segments.shape().elements())));
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    Tensor segments = requireNonNull(inputs.getFirst());
    return List.of(new DocumentReversalReference(ops, segments).sources());
  }

  @Override
  public CpuBody cpuBody() {
    return new DocumentReversalCpu();
  }

  @Override
  public boolean runsWithoutVectors() {
    return true;
  }

  @Override
  public CudaBody cudaBody() {
    return new DocumentReversalCuda();
  }
}
