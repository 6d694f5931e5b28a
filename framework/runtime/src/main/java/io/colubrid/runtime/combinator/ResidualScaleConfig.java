package io.colubrid.runtime.combinator;

import io.colubrid.spi.layer.LayerSpec;

/**
 * Keys of the layer {@code residual-scale}.
 *
 * @param of the layer whose output is scaled
 * @param initial the factor, or what the factors start as
 * @param learned whether there is a learned factor for each feature
 */
public record ResidualScaleConfig(LayerSpec of, double initial, boolean learned) {}
