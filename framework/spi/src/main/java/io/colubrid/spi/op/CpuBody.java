package io.colubrid.spi.op;

import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of an {@link Op} on the CPU. It computes in F32: inputs of another floating type reach
 * it only if {@link #accepts} says so; otherwise the definition runs.
 *
 * <p>A body is stateless. It writes every element of its outputs, reads nothing it was not given,
 * and gives the same bits for the same inputs and thread count.
 */
public interface CpuBody extends OpBody {

  /** Whether this body can serve these inputs; by default all floating inputs must be F32. */
  @Override
  default boolean accepts(List<@Nullable TensorType> inputs) {
    for (TensorType input : inputs) {
      if (input != null && input.dtype().isFloating() && input.dtype() != DType.F32) {
        return false;
      }
    }
    return true;
  }

  /** Scratch bytes forward needs, for a number of threads. */
  default long forwardWorkspace(List<@Nullable TensorType> inputs, int threads) {
    return 0;
  }

  /** Scratch bytes backward needs, for a number of threads. */
  default long backwardWorkspace(List<@Nullable TensorType> inputs, int threads) {
    return 0;
  }

  void forward(CpuCall call);

  /** Writes {@link CpuCall#inputGradient} for every input that wants one. */
  default void backward(CpuCall call) {
    throw new UnsupportedOperationException(getClass().getName() + " has no backward body");
  }
}
