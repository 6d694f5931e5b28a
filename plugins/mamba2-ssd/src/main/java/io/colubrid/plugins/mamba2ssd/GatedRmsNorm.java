package io.colubrid.plugins.mamba2ssd;

import io.colubrid.nn.OperandShapes;
import io.colubrid.nn.SwiGlu;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.DifferentiableOp;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * RMSNorm(y·SiLU(z))·weight, over all channels or over those of each group. Inputs: y and z [batch,
 * length, channels], weight [channels]. Output: of the type of y.
 *
 * @param groups parts of the channels that are normed by themselves
 * @param epsilon added to the mean square
 */
record GatedRmsNorm(int groups, double epsilon) implements DifferentiableOp {
  static final int Y = 0;
  static final int Z = 1;
  static final int WEIGHT = 2;

  Tensor apply(Ops ops, Tensor y, Tensor z, Tensor weight) {
    return ops.apply(this, y, z, weight).getFirst();
  }

  @Override
  public String name() {
    return "gated-rms-norm";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    OperandShapes operands = new OperandShapes(name(), inputs);
    TensorType y = operands.require(Y, "y", 3);
    operands.require(Z, "z", y.shape());
    operands.require(WEIGHT, "weight", Shape.of(y.shape().dim(2)));
    if (y.shape().dim(2) % groups != 0) {
      throw new ShapeException(
          "%s: the channels of %s are not divisible by %d groups".formatted(name(), y, groups));
    }
    return List.of(y);
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    Tensor y = Objects.requireNonNull(inputs.get(Y));
    Tensor weight = Objects.requireNonNull(inputs.get(WEIGHT));
    Tensor gated = new SwiGlu().apply(ops, Objects.requireNonNull(inputs.get(Z)), y);
    Shape parts = y.shape().with(2, groups).insert(3, y.dim(2) / groups);
    Tensor normed = ops.rmsNorm(ops.reshape(gated, parts), null, epsilon);
    return List.of(ops.multiply(ops.reshape(normed, y.shape()), weight));
  }

  @Override
  public CudaBody cudaBody() {
    return new GatedRmsNormCuda(this);
  }
}
