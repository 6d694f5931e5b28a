package io.colubrid.engine.tape;

import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the parts of a plugin operation's backward stand among the inputs and outputs of its node.
 *
 * @param inputTypes types of the forward inputs, null for absent ones
 * @param outputs number of forward outputs
 * @param saved number of saved tensors
 * @param gradientOf for each forward input the index of its gradient among the node's outputs, or
 *     −1
 */
public record CustomLayout(
    List<@Nullable TensorType> inputTypes, int outputs, int saved, List<Integer> gradientOf) {
  public int inputs() {
    return inputTypes.size();
  }

  public int firstSaved() {
    return inputs() + outputs;
  }

  public int firstOutputGradient() {
    return firstSaved() + saved;
  }
}
