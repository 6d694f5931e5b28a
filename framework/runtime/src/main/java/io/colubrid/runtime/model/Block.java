package io.colubrid.runtime.model;

import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;

/**
 * A block of the model: a mixer's branch, a channel layer's branch, or both in this order; or a
 * bare layer.
 *
 * @param path path of the block, such as {@code layers.5}
 */
record Block(String path, List<BlockPart> parts) {
  Tensor forward(Tensor x, Pass pass) {
    return ((ModelPass) pass)
        .inside(
            path,
            here -> {
              Tensor stream = x;
              for (BlockPart part : parts) {
                stream = part.forward(stream, here);
              }
              return stream;
            });
  }
}
