package io.colubrid.runtime.bench;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.DifferentiableOp;
import io.colubrid.spi.op.Op;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An operation and the types of what it is measured on.
 *
 * @param op the operation, whose first output is of its first input's dtype
 * @param inputs null for an absent one
 * @param exponentials that one forward pass must take
 */
record OpSubject(Op op, List<@Nullable TensorType> inputs, double exponentials) {

  /** The same in F32, as definitions compute. */
  OpSubject inF32() {
    List<@Nullable TensorType> wide = new ArrayList<>();
    for (TensorType type : inputs) {
      wide.add(type != null && type.dtype() == DType.BF16 ? type.withDtype(DType.F32) : type);
    }
    return new OpSubject(op, wide, exponentials);
  }

  /** Tokens of a sequence. */
  long length() {
    return Objects.requireNonNull(inputs.getFirst()).shape().dim(1);
  }

  double flops(boolean backward) {
    double forward = op.flops(inputs);
    return backward && op instanceof DifferentiableOp differentiable
        ? forward + differentiable.backwardFlops(inputs)
        : forward;
  }

  /**
   * What must come from memory and go there: forward inputs and outputs; backward the inputs and
   * the gradients that arrive, and the gradients of all inputs.
   */
  double bytes(boolean backward) {
    double read = bytes(inputs.stream());
    double written = bytes(op.outputs(inputs).stream());
    return (read + written) * (backward ? 2 : 1) + (backward ? read : 0);
  }

  private static double bytes(Stream<? extends @Nullable TensorType> types) {
    return types.filter(Objects::nonNull).mapToLong(TensorType::bytes).sum();
  }

  /** Forward once; backward must know the same powers. */
  double exponentials(boolean backward) {
    return backward ? 2 * exponentials : exponentials;
  }

  /** Whether a kernel serves it on a GPU; else its definition does. */
  boolean hasKernel(boolean backward) {
    CudaBody body = op.cudaBody();
    return body != null && body.accepts(inputs) && (!backward || body.hasBackward(inputs));
  }
}
