package io.colubrid.plugins.moe;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.DifferentiableOp;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The k largest elements of each row, the largest first; of equal ones the first.
 *
 * <p>Input: probabilities [rows, experts], none of them negative. Outputs: the chosen ones [rows,
 * k] and, as I32 [rows, k], where they stood.
 */
record TopK(int k) implements DifferentiableOp {
  /** What was chosen. */
  record Result(Tensor weights, Tensor choices) {}

  Result apply(Ops ops, Tensor probabilities) {
    List<Tensor> outputs = ops.apply(this, probabilities);
    return new Result(outputs.get(0), outputs.get(1));
  }

  @Override
  public String name() {
    return "top-k";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    TensorType probabilities = requireNonNull(inputs.getFirst());
    Shape shape = probabilities.shape();
    if (shape.rank() != 2 || shape.dim(1) < k || !probabilities.dtype().isFloating()) {
      throw new ShapeException(
          "top-k: needs probabilities [rows, at least %d], not %s".formatted(k, probabilities));
    }
    TensorType chosen = probabilities.withShape(shape.with(1, k));
    return List.of(chosen, chosen.withDtype(DType.I32));
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    return TopKReference.outputs(ops, requireNonNull(inputs.getFirst()), k);
  }

  @Override
  public CpuBody cpuBody() {
    return new TopKCpu(k);
  }

  @Override
  public boolean runsWithoutVectors() {
    return true;
  }

  @Override
  public CudaBody cudaBody() {
    return new TopKCuda(k);
  }
}
