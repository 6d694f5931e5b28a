package io.colubrid.runtime.model;

import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.tensor.Tensor;

/** What a block does one after the other: residual branches, or a bare layer. */
sealed interface BlockPart permits Branch, BlockPart.Bare {
  Residual forward(Residual x, Pass pass);

  PlacedLayer layer();

  /** A layer without norm and residual, which may change the shape of the stream. */
  record Bare(PlacedLayer layer) implements BlockPart {
    @Override
    public Residual forward(Residual x, Pass pass) {
      Tensor stream = x.whole(pass.ops());
      return Residual.of(pass.ops().cast(layer.forward(stream, pass), stream.dtype()));
    }
  }
}
