package io.colubrid.runtime.builtin;

import static java.util.Objects.requireNonNull;

import io.colubrid.runtime.training.UpdateControl;
import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The control of an update, read by the definition of an optimizer's step. */
final class StepControl {
  private final Ops ops;
  private final Tensor control;
  private final Shape one;

  /**
   * @param control F32 [4]
   * @param like a tensor whose dtype and rank the parts get
   */
  StepControl(Ops ops, @Nullable Tensor control, Tensor like) {
    this.ops = ops;
    this.control = ops.cast(requireNonNull(control), like.dtype());
    this.one = onesOfRank(like.shape().rank());
  }

  private static Shape onesOfRank(int rank) {
    long[] dims = new long[rank];
    Arrays.fill(dims, 1);
    return Shape.of(dims);
  }

  DType dtype() {
    return control.dtype();
  }

  /** A part of the control, one of {@link UpdateControl}'s, that broadcasts to the value. */
  Tensor part(int index) {
    return ops.reshape(ops.slice(control, 0, index, index + 1L), one);
  }

  /** 1 − ηλ. */
  Tensor kept(double weightDecay) {
    return ops.affine(part(UpdateControl.LEARNING_RATE), -weightDecay, 1);
  }

  /** {@code next} if the update may proceed, else {@code before}. */
  Tensor choose(Tensor next, Tensor before) {
    Tensor half = ops.constant(dtype(), one, 0.5);
    Tensor proceed = ops.compare(Comparison.GREATER, part(UpdateControl.PROCEED), half);
    return ops.where(proceed, next, before);
  }
}
