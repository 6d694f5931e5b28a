package io.colubrid.spi.op;

import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the bodies of an {@link Op} declare on any device, when a pass is recorded.
 *
 * <p>A body is stateless. It writes every element of its outputs, reads nothing it was not given,
 * and gives the same bits for the same inputs on the same device.
 */
public interface OpBody {

  /** Whether this body can serve these inputs; otherwise the definition runs. */
  boolean accepts(List<@Nullable TensorType> inputs);

  /**
   * Whether it brings a backward; where it does not, the definition serves whoever differentiates.
   */
  default boolean hasBackward() {
    return true;
  }

  /** The same for inputs of these types, of those that it accepts. */
  default boolean hasBackward(List<@Nullable TensorType> inputs) {
    return hasBackward();
  }

  /** Tensors that forward writes for backward alone. Only asked for when gradients are wanted. */
  default List<TensorType> saved(List<@Nullable TensorType> inputs) {
    return List.of();
  }

  /** Whether backward reads an input; one that it does not read can be released earlier. */
  default boolean backwardReadsInput(int input) {
    return true;
  }

  /** Whether backward reads an output of forward. */
  default boolean backwardReadsOutput(int output) {
    return false;
  }
}
