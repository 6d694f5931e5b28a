package io.colubrid.runtime.combinator;

import io.colubrid.spi.layer.InvalidLayerException;
import io.colubrid.spi.layer.LayerSpec;
import java.util.List;
import java.util.Optional;

/**
 * Keys of the layer {@code parallel}.
 *
 * @param branches layers that all get the same input
 * @param combine what becomes of their outputs
 * @param scales a factor for the output of each branch; absent for 1
 */
public record ParallelConfig(
    List<LayerSpec> branches, Combination combine, Optional<List<Double>> scales) {

  /** What becomes of the outputs of all branches. */
  public enum Combination {
    /** They are added. */
    SUM,
    /** They are added, each multiplied by a learned weight for each feature. */
    WEIGHTED,
    /** They stand one behind the other, and a product brings them back to the width. */
    CONCAT
  }

  public ParallelConfig {
    if (branches.isEmpty()) {
      throw new InvalidLayerException(
          "branches", "is empty; list layers, such as [ { type = mamba }, { type = mlp } ]");
    }
    if (scales.isPresent() && scales.get().size() != branches.size()) {
      throw new InvalidLayerException(
          "scales",
          "expected a factor for each of the %d branches, found %d"
              .formatted(branches.size(), scales.get().size()));
    }
  }

  double scale(int branch) {
    return scales.map(factors -> factors.get(branch)).orElse(1.0);
  }
}
