package io.colubrid.runtime.combinator;

import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.InvalidLayerException;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerFactory;
import io.colubrid.spi.layer.StreamShape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Makes a {@link ParallelLayer}. */
final class ParallelLayerFactory implements LayerFactory<ParallelConfig> {
  @Override
  public Layer create(ParallelConfig config, BuildContext context) {
    List<Layer> branches = new ArrayList<>();
    for (int i = 0; i < config.branches().size(); i++) {
      branches.add(context.create("branches." + i, config.branches().get(i)));
    }
    StreamShape output = output(branches, context.input());
    double[] scales = IntStream.range(0, branches.size()).mapToDouble(config::scale).toArray();
    Merge merge =
        switch (config.combine()) {
          case SUM -> Merge.sum(scales);
          case WEIGHTED -> Merge.weighted(context, output.width(), scales);
          case CONCAT -> Merge.concatenated(context, output.width(), scales);
        };
    return new ParallelLayer(branches, output, merge);
  }

  private static StreamShape output(List<Layer> branches, StreamShape input) {
    StreamShape first = branches.getFirst().output(input);
    for (int i = 1; i < branches.size(); i++) {
      StreamShape other = branches.get(i).output(input);
      if (!other.equals(first)) {
        throw new InvalidLayerException(
            "branches",
            "all branches must give one shape, but the first gives %s, and number %d gives %s"
                .formatted(first, i + 1, other));
      }
    }
    return first;
  }
}
