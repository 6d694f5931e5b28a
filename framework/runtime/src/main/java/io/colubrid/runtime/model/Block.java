package io.colubrid.runtime.model;

import io.colubrid.spi.layer.Pass;
import java.util.List;

/**
 * A block of the model: a mixer's branch, a channel layer's branch, or both in this order; or a
 * bare layer.
 *
 * @param path path of the block, such as {@code layers.5}
 */
record Block(String path, List<BlockPart> parts) {
  Residual forward(Residual x, Pass pass) {
    return ((ModelPass) pass)
        .inside(
            path,
            here -> {
              Residual stream = x;
              for (BlockPart part : parts) {
                stream = part.forward(stream, here);
              }
              return stream;
            });
  }
}
