package io.colubrid.nn;

import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@link CausalConv1d} as a sum over shifted inputs. */
final class CausalConv1dReference {
  private final boolean silu;
  private final Ops ops;
  private final Tensor x;
  private final Tensor weight;
  private final @Nullable Tensor bias;
  private final @Nullable Tensor tail;
  private final @Nullable Tensor segments;
  private final long width;

  CausalConv1dReference(boolean silu, Ops ops, List<@Nullable Tensor> inputs) {
    this.silu = silu;
    this.ops = ops;
    x = Objects.requireNonNull(inputs.get(CausalConv1d.X));
    weight = Objects.requireNonNull(inputs.get(CausalConv1d.WEIGHT));
    bias = inputs.get(CausalConv1d.BIAS);
    tail = inputs.get(CausalConv1d.TAIL);
    segments = inputs.get(CausalConv1d.SEGMENTS);
    width = weight.dim(2);
  }

  List<Tensor> outputs() {
    Tensor before = tail == null ? ops.constant(x.dtype(), x.shape().with(1, width - 1), 0) : tail;
    return segments == null ? dense(before) : packed(before, segments);
  }

  private List<Tensor> dense(Tensor before) {
    long length = x.dim(1);
    Tensor padded = width == 1 ? x : ops.concat(1, List.of(before, x));
    List<Tensor> shifted = new ArrayList<>();
    for (long k = 0; k < width; k++) {
      shifted.add(ops.slice(padded, 1, k, k + length));
    }
    return results(weighted(shifted), ops.slice(padded, 1, length, length + width - 1));
  }

  /** One position after the other: only so can padding in the middle be skipped. */
  private List<Tensor> packed(Tensor before, Tensor segments) {
    Documents documents = new Documents(ops, segments, x.dtype());
    Tensor zeros = ops.constant(x.dtype(), before.shape(), 0);
    List<Tensor> rows = new ArrayList<>();
    Tensor history = before;
    for (long t = 0; t < x.dim(1); t++) {
      Tensor begun = ops.where(documents.startsAt(t), zeros, history);
      Tensor here = ops.slice(x, 1, t, t + 1);
      Tensor window = width == 1 ? here : ops.concat(1, List.of(begun, here));
      List<Tensor> taps = new ArrayList<>();
      for (long k = 0; k < width; k++) {
        taps.add(ops.slice(window, 1, k, k + 1));
      }
      rows.add(weighted(taps));
      history = ops.where(documents.paddingAt(t), history, ops.slice(window, 1, 1, width));
    }
    return results(documents.withoutPadding(ops.concat(1, rows)), history);
  }

  private Tensor weighted(List<Tensor> taps) {
    Shape channels = Shape.of(1, 1, x.dim(2));
    @Nullable Tensor sum = bias == null ? null : ops.reshape(bias, channels);
    for (int k = 0; k < width; k++) {
      Tensor factor = ops.reshape(ops.slice(weight, 2, k, k + 1), channels);
      Tensor term = ops.multiply(taps.get(k), factor);
      sum = sum == null ? term : ops.add(sum, term);
    }
    Tensor y = Objects.requireNonNull(sum);
    return silu ? ops.silu(y) : y;
  }

  private List<Tensor> results(Tensor y, Tensor last) {
    return tail == null ? List.of(y) : List.of(y, last);
  }
}
