package io.colubrid.nn;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.DifferentiableOp;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@link SwiGlu} of two {@link GroupedLinear}: what stands inside of SwiGLU experts.
 *
 * <p>Inputs: x [rows, in]; the gate's weights and those of up, both [groups, out, in]; offsets I32
 * [groups + 1]; optionally biases of both [groups, out]. Output: [rows, out], with zeros behind the
 * last group.
 */
public record GroupedSwiGlu() implements DifferentiableOp {
  static final int X = 0;
  static final int GATE = 1;
  static final int UP = 2;
  static final int OFFSETS = 3;
  static final int GATE_BIAS = 4;
  static final int UP_BIAS = 5;

  /**
   * @param x [rows, in], grouped by expert
   * @param offsets I32 [experts + 1]
   * @return [rows, out]
   */
  public static Tensor of(Ops ops, StackedLinear gate, StackedLinear up, Tensor x, Tensor offsets) {
    Tensor weight = gate.weight(ops);
    return ops.apply(
            new GroupedSwiGlu(),
            ops.cast(x, weight.dtype()),
            weight,
            up.weight(ops),
            offsets,
            gate.bias(ops),
            up.bias(ops))
        .getFirst();
  }

  @Override
  public String name() {
    return "grouped-swiglu";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    TensorType gate = product(inputs, GATE, GATE_BIAS);
    if (!gate.equals(product(inputs, UP, UP_BIAS))) {
      throw new ShapeException(
          "%s: gate and up must be alike, but are %s and %s"
              .formatted(name(), inputs.get(GATE), inputs.get(UP)));
    }
    return List.of(gate);
  }

  private static TensorType product(List<@Nullable TensorType> inputs, int weight, int bias) {
    return new GroupedLinear()
        .outputs(
            Arrays.asList(inputs.get(X), inputs.get(weight), inputs.get(OFFSETS), inputs.get(bias)))
        .getFirst();
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    Tensor x = requireNonNull(inputs.get(X));
    Tensor offsets = requireNonNull(inputs.get(OFFSETS));
    GroupedLinear linear = new GroupedLinear();
    Tensor gate =
        linear.apply(ops, x, requireNonNull(inputs.get(GATE)), inputs.get(GATE_BIAS), offsets);
    Tensor up = linear.apply(ops, x, requireNonNull(inputs.get(UP)), inputs.get(UP_BIAS), offsets);
    return List.of(new SwiGlu().apply(ops, gate, up));
  }

  /** As many as if every row had a group. */
  @Override
  public long flops(List<@Nullable TensorType> inputs) {
    Shape x = requireNonNull(inputs.get(X)).shape();
    return 4 * x.elements() * product(inputs, GATE, GATE_BIAS).shape().dim(1);
  }

  @Override
  public CudaBody cudaBody() {
    return GroupedSwiGluCuda.BODY;
  }
}
