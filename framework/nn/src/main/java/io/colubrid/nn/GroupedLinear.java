package io.colubrid.nn;

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
 * A product for each of several groups of rows: row r of group g becomes W_g·x_r + b_g. The sizes
 * of the groups are elements of a tensor, so that they can change from step to step.
 *
 * <p>Inputs: x [rows, in]; weights [groups, out, in]; offsets I32 [groups + 1], rising from 0 to at
 * most {@code rows}, where group g has the rows from {@code offsets[g]} to below {@code offsets[g +
 * 1]}; optionally biases [groups, out]. Output: [rows, out], with zeros behind the last group.
 */
public record GroupedLinear() implements DifferentiableOp {
  static final int X = 0;
  static final int WEIGHT = 1;
  static final int OFFSETS = 2;
  static final int BIAS = 3;

  /** Extents of the operands. */
  record Extents(long rows, int groups, long in, long out) {
    static Extents of(List<@Nullable TensorType> inputs) {
      OperandShapes operands = new OperandShapes("grouped-linear", inputs);
      Shape x = operands.require(X, "x", 2).shape();
      Shape weight = operands.require(WEIGHT, "weight", 3).shape();
      return new Extents(x.dim(0), Math.toIntExact(weight.dim(0)), weight.dim(2), weight.dim(1));
    }
  }

  public Tensor apply(Ops ops, Tensor x, Tensor weight, @Nullable Tensor bias, Tensor offsets) {
    return ops.apply(this, x, weight, offsets, bias).getFirst();
  }

  @Override
  public String name() {
    return "grouped-linear";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    Extents extents = Extents.of(inputs);
    OperandShapes operands = new OperandShapes(name(), inputs);
    operands.require(X, "x", Shape.of(extents.rows(), extents.in()));
    operands.require(OFFSETS, "offsets", Shape.of(extents.groups() + 1L));
    operands.allow(BIAS, "bias", Shape.of(extents.groups(), extents.out()));
    TensorType x = operands.require(X, "x", 2);
    DType weight = operands.require(WEIGHT, "weight", 3).dtype();
    if (weight != x.dtype() || operands.require(OFFSETS, "offsets", 1).dtype() != DType.I32) {
      throw new ShapeException(
          "%s: x %s and weight %s must be of one dtype, and offsets %s i32"
              .formatted(name(), x, inputs.get(WEIGHT), inputs.get(OFFSETS)));
    }
    return List.of(x.withShape(Shape.of(extents.rows(), extents.out())));
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    return GroupedLinearReference.outputs(ops, inputs);
  }

  /** As many as if every row had a group. */
  @Override
  public long flops(List<@Nullable TensorType> inputs) {
    Extents extents = Extents.of(inputs);
    return 2 * extents.rows() * extents.in() * extents.out();
  }

  @Override
  public CpuBody cpuBody() {
    return GroupedLinearCpu.BODY;
  }

  @Override
  public boolean runsWithoutVectors() {
    return true;
  }

  @Override
  public CudaBody cudaBody() {
    return GroupedLinearCuda.BODY;
  }
}
