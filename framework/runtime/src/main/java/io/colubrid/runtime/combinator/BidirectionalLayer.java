package io.colubrid.runtime.combinator;

import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerTraits;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.layer.StreamShape;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;

/**
 * A layer that runs from the first position to the last, and one that runs from the last to the
 * first. Each document is turned round where it lies, so that segments, positions and padding are
 * the same in both directions.
 */
record BidirectionalLayer(Layer ahead, Layer back, Merge merge) implements Layer {
  @Override
  public LayerTraits traits() {
    return LayerTraits.nonCausal();
  }

  @Override
  public Tensor forward(Tensor x, Pass pass) {
    Ops ops = pass.ops();
    Reversal reversal = Reversal.of(ops, x, pass.sequences());
    Tensor back = reversal.apply(this.back.forward(reversal.apply(x), pass));
    return merge.apply(ops, x, List.of(ahead.forward(x, pass), back));
  }

  @Override
  public StreamShape output(StreamShape input) {
    return ahead.output(input);
  }
}
