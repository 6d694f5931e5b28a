package io.colubrid.plugins.vision;

import io.colubrid.spi.config.Positive;
import io.colubrid.spi.config.Range;
import io.colubrid.spi.layer.InvalidLayerException;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Keys of the stem {@code patch-embedding}.
 *
 * @param image what comes in
 * @param patch height and width of a patch, in pixels
 * @param stride pixels from a patch to the next; absent for patches side by side
 * @param bias whether the product has a bias
 * @param classToken where the class token stands
 * @param positions whether a learned embedding of positions is added
 * @param positionGrid patches that the table of positions was made for; absent for those of the
 *     image
 * @param interpolation how the table is brought to another grid
 * @param grid whether patches stay a grid
 * @param initStd standard deviation of class token and positions at the start
 * @param dropout share of the elements of the stream that training sets to zero
 */
public record PatchEmbeddingConfig(
    ImageConfig image,
    @Positive int patch,
    @Positive OptionalInt stride,
    boolean bias,
    ClassToken classToken,
    boolean positions,
    Optional<GridConfig> positionGrid,
    Interpolation interpolation,
    boolean grid,
    @Range(min = 0) double initStd,
    @Range(min = 0, max = 0.99) double dropout) {

  public PatchEmbeddingConfig {
    int smaller = Math.min(image.height(), image.width());
    if (patch > smaller) {
      throw new InvalidLayerException(
          "patch",
          "a patch of %d pixels does not fit into an image of %d by %d"
              .formatted(patch, image.height(), image.width()));
    }
    if (grid && classToken != ClassToken.NONE) {
      throw new InvalidLayerException(
          "class-token", "a grid has no place for a class token; set class-token = none");
    }
    if (positionGrid.isPresent() && !positions) {
      throw new InvalidLayerException(
          "position-grid", "there are no positions to bring to another grid; set positions = true");
    }
  }

  int step() {
    return stride.orElse(patch);
  }

  /** Patches of an image. */
  GridConfig patches() {
    return new GridConfig(
        (image.height() - patch) / step() + 1, (image.width() - patch) / step() + 1);
  }
}
