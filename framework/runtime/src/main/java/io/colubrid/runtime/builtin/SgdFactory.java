package io.colubrid.runtime.builtin;

import io.colubrid.spi.train.Optimizer;
import io.colubrid.spi.train.OptimizerFactory;

/** Makes {@link Sgd}. */
final class SgdFactory implements OptimizerFactory<SgdConfig> {
  @Override
  public Optimizer create(SgdConfig config) {
    return new Sgd(config);
  }
}
