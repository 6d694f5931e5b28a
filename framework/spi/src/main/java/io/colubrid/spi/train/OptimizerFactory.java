package io.colubrid.spi.train;

/**
 * Makes an optimizer from its config.
 *
 * @param <C> the optimizer's config record
 */
@FunctionalInterface
public interface OptimizerFactory<C extends Record> {
  Optimizer create(C config);
}
