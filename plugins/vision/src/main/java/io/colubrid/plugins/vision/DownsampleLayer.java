package io.colubrid.plugins.vision;

import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerTraits;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.layer.StreamShape;
import io.colubrid.spi.tensor.Tensor;
import java.util.Objects;

/** Halves height and width of a grid between two stages (VMamba, version 3 of downsampling). */
record DownsampleLayer(Convolution convolution) implements Layer {
  @Override
  public boolean takesGrid() {
    return true;
  }

  @Override
  public LayerTraits traits() {
    return GridTraits.of("downsample");
  }

  @Override
  public StreamShape output(StreamShape input) {
    StreamShape.Grid grid = Objects.requireNonNull(input.grid());
    return convolution.output(grid.height(), grid.width());
  }

  @Override
  public Tensor forward(Tensor x, Pass pass) {
    return convolution.apply(pass.ops(), x);
  }
}
