package io.colubrid.plugins.mamba;

import io.colubrid.spi.layer.Initializer;

/** How the parameters that make Mamba's dynamics start (as in mamba_ssm's {@code Mamba}). */
final class MambaInit {
  private MambaInit() {}

  /** The state matrix −1, −2, ..., −N in every channel (S4D-real), as a logarithm. */
  static Initializer aLog() {
    return (index, shape, draw) -> Math.log(index % shape.dim(-1) + 1);
  }

  /** The inverse of softplus at step sizes whose logarithms are spread evenly from min to max. */
  static Initializer stepBias(double min, double max, double floor) {
    return (index, shape, draw) -> {
      double logarithm = Math.log(min) + draw.uniform() * (Math.log(max) - Math.log(min));
      double step = Math.max(Math.exp(logarithm), floor);
      return step + Math.log(-Math.expm1(-step));
    };
  }
}
