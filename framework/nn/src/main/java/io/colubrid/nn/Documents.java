package io.colubrid.nn;

import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Where documents begin and padding lies in packed rows, as masks for the definitions of
 * operations. Segment numbers are compared as floating numbers, exact up to 2^24.
 */
public final class Documents {
  private final Ops ops;
  private final Tensor segments;
  private final Tensor zero;
  private final List<Tensor> latest = new ArrayList<>();

  /**
   * @param segments I32 [batch, length]
   * @param dtype floating type to compare in
   */
  public Documents(Ops ops, Tensor segments, DType dtype) {
    this.ops = ops;
    this.segments = ops.cast(segments, dtype);
    zero = ops.constant(dtype, Shape.of(1, 1), 0);
    for (long t = 0; t < segments.dim(1); t++) {
      Tensor here = at(t);
      latest.add(t == 0 ? here : ops.where(negative(here), latest.getLast(), here));
    }
  }

  /** Mask [batch, 1, 1]: whether t is padding. */
  public Tensor paddingAt(long t) {
    return mask(negative(at(t)));
  }

  /** Mask [batch, 1, 1]: whether t is the first position of a document behind another one. */
  public Tensor startsAt(long t) {
    Tensor before = latest.get((int) Math.max(0, t - 1));
    Tensor one = ops.affine(zero, 0, 1);
    Tensor differs =
        ops.where(ops.compare(Comparison.EQUAL, latest.get((int) t), before), zero, one);
    Tensor starts = ops.where(negative(before), zero, differs);
    return mask(ops.compare(Comparison.GREATER, starts, zero));
  }

  /** x [batch, length, channels] with zeros at padding. */
  public Tensor withoutPadding(Tensor x) {
    Tensor padding = ops.reshape(negative(segments), x.shape().with(2, 1));
    return ops.where(padding, ops.constant(x.dtype(), Shape.of(1, 1, 1), 0), x);
  }

  /** [batch, 1]. */
  private Tensor at(long t) {
    return ops.slice(segments, 1, t, t + 1);
  }

  private Tensor negative(Tensor x) {
    return ops.compare(Comparison.LESS, x, zero);
  }

  private Tensor mask(Tensor flags) {
    return ops.reshape(flags, Shape.of(flags.dim(0), 1, 1));
  }
}
