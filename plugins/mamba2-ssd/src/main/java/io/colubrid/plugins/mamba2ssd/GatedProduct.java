package io.colubrid.plugins.mamba2ssd;

import static java.util.Objects.requireNonNull;

import io.colubrid.nn.OperandShapes;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.Op;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A product of what {@link GatedRmsNorm} gives, matrix·(RMSNorm(y·SiLU(z))·weight): for single
 * steps of one sequence on a GPU, where a launch of the norm's own costs more than the work in it.
 *
 * <p>Inputs: y, z and weight as of the norm; matrix [out, channels] of the dtype of y. Output:
 * [batch, length, out].
 */
record GatedProduct(GatedRmsNorm norm) implements Op {
  static final int MATRIX = 3;

  Tensor apply(Ops ops, Tensor y, Tensor z, Tensor weight, Tensor matrix) {
    return ops.apply(this, y, z, weight, matrix).getFirst();
  }

  @Override
  public String name() {
    return "gated-product";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    OperandShapes operands = new OperandShapes(name(), inputs);
    TensorType y = norm.outputs(inputs.subList(0, MATRIX)).getFirst();
    long out = operands.require(MATRIX, "matrix", 2).shape().dim(0);
    operands.require(MATRIX, "matrix", Shape.of(out, y.shape().dim(2)));
    return List.of(y.withShape(y.shape().with(2, out)));
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    Tensor y = requireNonNull(inputs.get(GatedRmsNorm.Y));
    Tensor z = requireNonNull(inputs.get(GatedRmsNorm.Z));
    Tensor normed = norm.apply(ops, y, z, requireNonNull(inputs.get(GatedRmsNorm.WEIGHT)));
    Tensor product = ops.matmul(normed, false, requireNonNull(inputs.get(MATRIX)), true);
    return List.of(ops.cast(product, y.dtype()));
  }

  @Override
  public long flops(List<@Nullable TensorType> inputs) {
    long rows = requireNonNull(inputs.get(GatedRmsNorm.Y)).shape().rows();
    return 2 * rows * requireNonNull(inputs.get(MATRIX)).shape().elements();
  }

  @Override
  public CudaBody cudaBody() {
    return new GatedProductCuda(this);
  }
}
