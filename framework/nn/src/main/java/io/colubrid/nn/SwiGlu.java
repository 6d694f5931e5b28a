package io.colubrid.nn;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.DifferentiableOp;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * SiLU(gate)·up, element by element: the inside of a SwiGLU channel (Shazeer, 2020). Inputs: gate
 * and up, of one shape. Output: the product, of the same shape.
 */
public record SwiGlu() implements DifferentiableOp {
  static final int GATE = 0;
  static final int UP = 1;

  public Tensor apply(Ops ops, Tensor gate, Tensor up) {
    // As everywhere, what is F32 beside BF16 is computed in F32.
    DType dtype = gate.dtype() == up.dtype() ? gate.dtype() : DType.F32;
    return ops.apply(this, ops.cast(gate, dtype), ops.cast(up, dtype)).getFirst();
  }

  @Override
  public String name() {
    return "swiglu";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    TensorType gate = inputs.get(GATE);
    if (gate == null || !gate.equals(inputs.get(UP)) || !gate.dtype().isFloating()) {
      throw new ShapeException(
          "swiglu: gate and up must be floating and alike, but are %s and %s"
              .formatted(gate, inputs.get(UP)));
    }
    return List.of(gate);
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    return SwiGluReference.outputs(ops, inputs);
  }

  @Override
  public CpuBody cpuBody() {
    return SwiGluCpu.BODY;
  }

  @Override
  public CudaBody cudaBody() {
    return SwiGluCuda.BODY;
  }
}
