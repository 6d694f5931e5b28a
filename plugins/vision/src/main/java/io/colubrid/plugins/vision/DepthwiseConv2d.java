package io.colubrid.plugins.vision;

import io.colubrid.nn.OperandShapes;
import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.DifferentiableOp;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A depthwise convolution of a grid, channels last, with zeros around it so that its extents stay:
 *
 * <pre>
 * y[i, j] = bias + Σ_{r, c} weight[r, c] · x[i + r − size/2, j + c − size/2]
 * </pre>
 */
record DepthwiseConv2d() implements DifferentiableOp {
  static final int X = 0;
  static final int WEIGHT = 1;
  static final int BIAS = 2;

  /**
   * @param x [batch, height, width, channels]
   * @param weight [channels, 1, size, size], of odd size
   * @param bias [channels], or null
   * @return the shape of x
   */
  Tensor apply(Ops ops, Tensor x, Tensor weight, @Nullable Tensor bias) {
    return ops.apply(this, x, weight, bias).getFirst();
  }

  @Override
  public String name() {
    return "depthwise-conv2d";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    OperandShapes operands = new OperandShapes(name(), inputs);
    TensorType x = operands.require(X, "x", 4);
    long size = operands.require(WEIGHT, "weight", 4).shape().dim(2);
    long channels = x.shape().dim(3);
    if (size % 2 == 0) {
      throw new ShapeException(
          name() + ": weight must have odd extents, but is " + inputs.get(WEIGHT));
    }
    operands.require(WEIGHT, "weight", Shape.of(channels, 1, size, size));
    operands.allow(BIAS, "bias", Shape.of(channels));
    return List.of(x);
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    return DepthwiseConv2dReference.outputs(ops, inputs);
  }

  @Override
  public long flops(List<@Nullable TensorType> inputs) {
    OperandShapes operands = new OperandShapes(name(), inputs);
    long size = operands.require(WEIGHT, "weight", 4).shape().dim(2);
    return 2 * size * size * operands.require(X, "x", 4).shape().elements();
  }

  @Override
  public CpuBody cpuBody() {
    return DepthwiseConv2dCpu.BODY;
  }

  @Override
  public CudaBody cudaBody() {
    return DepthwiseConv2dCuda.BODY;
  }
}
