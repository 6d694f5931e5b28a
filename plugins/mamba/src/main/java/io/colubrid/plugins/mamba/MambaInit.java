package io.colubrid.plugins.mamba;

import io.colubrid.spi.layer.Initializer;

/** How the parameters that make Mamba's dynamics start (as in mamba_ssm's {@code Mamba}). */
final class MambaInit {
  private MambaInit() {}

  /** The state matrix −1, −2, ..., −N in every channel (S4D-real), as a logarithm. */
  static Initializer aLog() {
    return (index, shape, draw) -> Math.log(index % shape.dim(-1) + 1);
  }
}
