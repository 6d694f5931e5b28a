package io.colubrid.plugins.vision;

import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;

/** What of an image's positions is classified. */
public enum Pooling {
  /** The class token in front of all patches. */
  FIRST(ClassToken.FIRST),
  /** The class token in the middle. */
  MIDDLE(ClassToken.MIDDLE),
  /** The class token behind all patches. */
  LAST(ClassToken.LAST),
  /** The mean over all positions. */
  MEAN(ClassToken.NONE);

  private final ClassToken token;

  Pooling(ClassToken token) {
    this.token = token;
  }

  boolean takesToken() {
    return token != ClassToken.NONE;
  }

  /** The class token alone [batch, 1, width], or all positions where none is taken. */
  Tensor chosen(Ops ops, Tensor hidden) {
    if (!takesToken()) {
      return ops.reshape(
          hidden,
          Shape.of(
              hidden.dim(0), hidden.shape().product(1, hidden.shape().rank() - 1), hidden.dim(-1)));
    }
    long index = token.index(hidden.dim(1) - 1);
    return ops.slice(hidden, 1, index, index + 1);
  }
}
