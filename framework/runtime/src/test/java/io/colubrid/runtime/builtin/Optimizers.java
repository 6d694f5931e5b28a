package io.colubrid.runtime.builtin;

import io.colubrid.spi.train.Optimizer;

/** The built-in optimizers, for tests of other packages. */
public final class Optimizers {
  private Optimizers() {}

  public static Optimizer adamW() {
    return new AdamW(new AdamWConfig(0.9, 0.999, 1e-8, 0.1));
  }

  public static Optimizer sgd() {
    return new Sgd(new SgdConfig(0.9, 0.1));
  }
}
