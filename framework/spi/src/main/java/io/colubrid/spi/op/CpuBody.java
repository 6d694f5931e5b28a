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
public interface CpuBody {

  /** Whether this body can serve these inputs; by default all floating inputs must be F32. */
  default boolean accepts(List<@Nullable TensorType> inputs) {
    for (TensorType input : inputs) {
      if (input != null && input.dtype().isFloating() && input.dtype() != DType.F32) {
        return false;
      }
    }
    return true;
  }

  /** Tensors that forward writes for backward alone. Only asked for when gradients are wanted. */
  default List<TensorType> saved(List<@Nullable TensorType> inputs) {
    return List.of();
  }

  /** Scratch bytes forward needs, for a number of threads. */
  default long forwardWorkspace(List<@Nullable TensorType> inputs, int threads) {
    return 0;
  }

  /** Scratch bytes backward needs, for a number of threads. */
  default long backwardWorkspace(List<@Nullable TensorType> inputs, int threads) {
    return 0;
  }

  /** Whether backward reads an input; one that it does not read can be released earlier. */
  default boolean backwardReadsInput(int input) {
    return true;
  }

  /** Whether backward reads an output of forward. */
  default boolean backwardReadsOutput(int output) {
    return false;
  }

  void forward(CpuCall call);

  /** Writes {@link CpuCall#inputGradient} for every input that wants one. */
  default void backward(CpuCall call) {
    throw new UnsupportedOperationException(getClass().getName() + " has no backward body");
  }
}
