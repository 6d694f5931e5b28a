package io.colubrid.runtime.builtin;

import io.colubrid.spi.train.Optimizer;
import io.colubrid.spi.train.OptimizerFactory;

/** Makes {@link AdamW}. */
final class AdamWFactory implements OptimizerFactory<AdamWConfig> {
  @Override
  public Optimizer create(AdamWConfig config) {
    return new AdamW(config);
  }
}
