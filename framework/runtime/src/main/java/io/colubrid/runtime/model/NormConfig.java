package io.colubrid.runtime.model;

import io.colubrid.spi.config.Positive;

/**
 * Normalisation of the stream before or after each branch.
 *
 * @param type root mean square (Zhang and Sennrich, 2019) or layer normalisation (Ba et al., 2016)
 * @param epsilon added to the mean square before the root is taken
 * @param placement where it stands
 */
public record NormConfig(Type type, @Positive double epsilon, Placement placement) {
  /** Kinds of normalisation. */
  public enum Type {
    RMS,
    LAYER
  }

  /** {@code PRE}: x + layer(norm(x)), and a last norm. {@code POST}: norm(x + layer(x)). */
  public enum Placement {
    PRE,
    POST
  }
}
