package io.colubrid.runtime.combinator;

import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.layer.StreamShape;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;

/**
 * Several layers side by side on one input, such as attention and a state space layer in one block
 * (Hymba, Dong et al., 2024; Falcon-H1, 2025).
 *
 * @param branches the layers
 * @param output shape that each of them gives
 * @param merge what becomes of their outputs
 */
record ParallelLayer(List<Layer> branches, StreamShape output, Merge merge) implements Layer {
  @Override
  public Tensor forward(Tensor x, Pass pass) {
    List<Tensor> outputs = branches.stream().map(branch -> branch.forward(x, pass)).toList();
    return merge.apply(pass.ops(), x, outputs);
  }

  @Override
  public StreamShape output(StreamShape input) {
    return output;
  }
}
