package io.colubrid.plugins.vision;

import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.InvalidLayerException;
import io.colubrid.spi.layer.LayerTraits;
import io.colubrid.spi.layer.Sequences;

/** What all layers share that look at a grid as a whole. */
final class GridTraits {
  private GridTraits() {}

  /** Not causal, for dense rows alone: documents and padding lie in rows, not in grids. */
  static LayerTraits of(String layer) {
    String reason = layer + " works on grids, which are neither packed nor padded";
    return LayerTraits.nonCausal()
        .refusing(Sequences.Kind.PACKED, reason)
        .refusing(Sequences.Kind.PADDED, reason);
  }

  /**
   * @throws InvalidLayerException if no grid reaches a layer
   */
  static void require(BuildContext context, String layer) {
    if (context.input().grid() == null) {
      throw new InvalidLayerException(
          "type",
          "'%s' takes a grid of positions, but %s reaches it; begin with a stem that makes a grid,"
                  .formatted(layer, context.input())
              + " such as conv-stem, or patch-embedding with grid = true");
    }
  }
}
