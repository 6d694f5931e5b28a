package io.colubrid.spi.train;

import io.colubrid.spi.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** One parameter in one update. */
public interface ParameterUpdate {
  /** F32 masters; an operation overwrites them in place. */
  Tensor value();

  /** F32 gradient, shaped as the parameter, neither clipped nor averaged yet. */
  Tensor gradient();

  /** One of the optimizer's {@link Optimizer#slots}, overwritten in place. */
  Tensor slot(String name);

  /**
   * The BF16 copy of the value that products read, or null where there is none. Whoever asks for it
   * has to overwrite it with the new value; for others that is done behind the update.
   */
  @Nullable Tensor copy();

  /** Whether weight decay applies, by the layer's word. */
  boolean decays();

  /**
   * F32 [4] that all parameters share: the learning rate of this step; the number of this update,
   * from 1; the factor that averages and clips gradients; and 1, or 0 when the update must be
   * skipped because a gradient is not finite.
   */
  Tensor control();
}
