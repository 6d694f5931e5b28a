package io.colubrid.runtime.builtin;

import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;

/** How a product that ends a residual branch starts. */
final class ResidualOutput {
  private ResidualOutput() {}

  /**
   * Kaiming-uniform over √branches (GPT-2's rule), so that the stream keeps its scale with depth.
   */
  static Initializer initializer(BuildContext context) {
    return Initializer.kaimingUniform(1 / Math.sqrt(Math.max(1, context.residualBranches())));
  }
}
