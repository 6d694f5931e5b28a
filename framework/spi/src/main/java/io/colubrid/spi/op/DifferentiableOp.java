package io.colubrid.spi.op;

import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An {@link Op} whose bodies bring a hand-written backward. The definition needs none: it is
 * differentiated by the tape.
 */
public interface DifferentiableOp extends Op {

  /** Whether a gradient can arrive at an output; states that are carried on are constants. */
  default boolean differentiable(int output) {
    return inPlaceOf(output) < 0;
  }

  /** Multiply-adds counted as two in the backward body. */
  default long backwardFlops(List<@Nullable TensorType> inputs) {
    return 2 * flops(inputs);
  }
}
