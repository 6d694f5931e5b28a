package io.colubrid.runtime.combinator;

import io.colubrid.spi.layer.Sequences;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.function.UnaryOperator;

/** Turns each document of a batch round where it lies; padding becomes zeros. */
record Reversal(UnaryOperator<Tensor> turn) {

  /** For rows of a pass, x being [batch, length, ...]. */
  static Reversal of(Ops ops, Tensor x, Sequences sequences) {
    Tensor segments = sequences.segments().orElse(null);
    if (segments == null) {
      return new Reversal(tensor -> ops.flip(tensor, 1));
    }
    Tensor sources = ops.apply(new DocumentReversal(), segments).getFirst();
    return new Reversal(tensor -> gather(ops, tensor, sources));
  }

  private static Tensor gather(Ops ops, Tensor x, Tensor sources) {
    long rows = x.dim(0) * x.dim(1);
    Tensor flat = ops.reshape(x, Shape.of(rows, x.shape().elements() / rows));
    return ops.reshape(ops.gatherRows(flat, sources), x.shape());
  }

  Tensor apply(Tensor x) {
    return turn.apply(x);
  }
}
