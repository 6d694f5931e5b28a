package io.colubrid.spi.layer;

import io.colubrid.spi.tensor.Shape;

/**
 * A weight of the model. Layers hold it and use it through {@link io.colubrid.spi.op.Ops}; its
 * storage, precision and copies are the engine's business.
 */
public interface Parameter {
  /** Path in the model, such as {@code layers.3.mixer.in_proj.weight}. */
  String path();

  Shape shape();

  /**
   * Rows {@code from} (inclusive) to {@code to} (exclusive) of the first axis, as a parameter that
   * shares storage and gradient with this one.
   */
  Parameter rows(long from, long to);

  /** What the optimizer and the precision policy must know of a parameter. */
  enum Role {
    /** A matrix: decays, and runs in the model's precision. */
    MATRIX(true, false),
    /** A lookup table or a convolution: decays, and stays in F32 unless used as a matrix. */
    TABLE(true, false),
    /** Biases, norms, A_log, D and the like: never decays, always F32. */
    VECTOR(false, true);

    private final boolean decays;
    private final boolean alwaysF32;

    Role(boolean decays, boolean alwaysF32) {
      this.decays = decays;
      this.alwaysF32 = alwaysF32;
    }

    public boolean decays() {
      return decays;
    }

    public boolean alwaysF32() {
      return alwaysF32;
    }
  }
}
