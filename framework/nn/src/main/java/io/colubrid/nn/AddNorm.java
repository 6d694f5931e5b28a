package io.colubrid.nn;

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
 * Adds a branch to the residual stream and normalizes the sum over its last axis for the layer
 * behind, in one pass over memory:
 *
 * <pre>
 * s = stream + branch          y = (s − mean) / √(variance + epsilon) · weight + bias
 * </pre>
 *
 * <p>RMS norm takes the mean as 0 (Zhang and Sennrich, 2019). The stream stays in its own dtype,
 * whatever the branch and y have.
 *
 * @param centred whether the mean is taken off, as in a layer norm
 * @param epsilon added to the variance
 * @param normed dtype of y: F32 or BF16; in F64 all is F64
 */
public record AddNorm(boolean centred, double epsilon, DType normed) implements DifferentiableOp {
  static final int STREAM = 0;
  static final int BRANCH = 1;
  static final int WEIGHT = 2;
  static final int BIAS = 3;
  static final int Y = 0;
  static final int SUM = 1;

  /**
   * What it gives.
   *
   * @param stream the stream with the branch in it
   * @param normed the norm of that
   */
  public record Result(Tensor stream, Tensor normed) {}

  /**
   * @param stream [..., width]
   * @param branch of the shape of the stream, or null to normalize the stream as it is
   * @param weight [width], or null for ones
   * @param bias [width], or null for zeros
   */
  public Result apply(
      Ops ops,
      Tensor stream,
      @Nullable Tensor branch,
      @Nullable Tensor weight,
      @Nullable Tensor bias) {
    List<Tensor> outputs = ops.apply(this, stream, branch, weight, bias);
    return new Result(branch == null ? stream : outputs.get(SUM), outputs.get(Y));
  }

  @Override
  public String name() {
    return "add-norm";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    OperandShapes operands = new OperandShapes(name(), inputs);
    TensorType stream = requireNonNull(inputs.get(STREAM), "a stream");
    if (stream.shape().rank() == 0 || !stream.dtype().isFloating()) {
      throw new ShapeException(name() + ": the stream must be rows of numbers, not " + stream);
    }
    Shape vector = Shape.of(stream.shape().dim(-1));
    operands.allow(BRANCH, "branch", stream.shape());
    operands.allow(WEIGHT, "weight", vector);
    operands.allow(BIAS, "bias", vector);
    TensorType y = stream.dtype() == DType.F64 ? stream : stream.withDtype(normed);
    return inputs.get(BRANCH) == null ? List.of(y) : List.of(y, stream);
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    return AddNormReference.outputs(this, ops, inputs);
  }

  @Override
  public CpuBody cpuBody() {
    return new AddNormCpu(this);
  }

  @Override
  public CudaBody cudaBody() {
    return new AddNormCuda(this);
  }
}
