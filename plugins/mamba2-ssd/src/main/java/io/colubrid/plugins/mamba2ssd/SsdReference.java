package io.colubrid.plugins.mamba2ssd;

import io.colubrid.nn.Documents;
import io.colubrid.spi.op.Binary;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@link Ssd} as its equations say it, one step after the other. States are [batch, groups, heads a
 * group, headDim, states].
 */
final class SsdReference {
  private final Ssd op;
  private final Ops ops;
  private final List<@Nullable Tensor> inputs;
  private final Tensor x;
  private final Tensor b;
  private final Tensor c;
  private final Tensor delta;
  private final Tensor a;
  private final Shape states;

  SsdReference(Ssd op, Ops ops, List<@Nullable Tensor> inputs) {
    this.op = op;
    this.ops = ops;
    this.inputs = inputs;
    Tensor xBC = input(Ssd.XBC);
    long shared = op.groups() * op.states();
    long inner = xBC.dim(2) - 2 * shared;
    List<Tensor> parts = ops.split(xBC, 2, inner, shared, shared);
    x = parts.get(0);
    b = parts.get(1);
    c = parts.get(2);
    a = ops.negate(ops.exp(input(Ssd.A_LOG)));
    delta = steps();
    long heads = a.dim(0);
    states = Shape.of(xBC.dim(0), op.groups(), heads / op.groups(), inner / heads, op.states());
  }

  private Tensor input(int index) {
    return Objects.requireNonNull(inputs.get(index));
  }

  private Tensor steps() {
    Tensor bias = inputs.get(Ssd.DELTA_BIAS);
    Tensor raw = input(Ssd.DELTA);
    Tensor steps = ops.softplus(bias == null ? raw : ops.add(raw, bias));
    if (op.minStep() > 0) {
      steps = ops.binary(Binary.MAXIMUM, steps, scalar(op.minStep()));
    }
    return Double.isInfinite(op.maxStep())
        ? steps
        : ops.binary(Binary.MINIMUM, steps, scalar(op.maxStep()));
  }

  private Tensor scalar(double value) {
    return ops.constant(input(Ssd.XBC).dtype(), Shape.of(1, 1, 1), value);
  }

  List<Tensor> outputs() {
    Tensor given = inputs.get(Ssd.STATE);
    Tensor zeros = ops.constant(x.dtype(), states, 0);
    // A copy, since what came in is overwritten and the backward pass reads it.
    Tensor h = given == null ? zeros : ops.affine(ops.reshape(given, states), 1, 0);
    Tensor segments = inputs.get(Ssd.SEGMENTS);
    Documents documents = segments == null ? null : new Documents(ops, segments, x.dtype());
    List<Tensor> rows = new ArrayList<>();
    for (long t = 0; t < x.dim(1); t++) {
      if (documents == null) {
        h = advance(h, t);
      } else {
        Tensor begun = ops.where(everywhere(documents.startsAt(t)), zeros, h);
        h = ops.where(everywhere(documents.paddingAt(t)), h, advance(begun, t));
      }
      rows.add(put(h, t));
    }
    Tensor y = skipped(ops.concat(1, rows));
    Tensor clean = documents == null ? y : documents.withoutPadding(y);
    return given == null ? List.of(clean) : List.of(clean, ops.reshape(h, given.shape()));
  }

  /** A mask [batch, 1, 1] for states. */
  private Tensor everywhere(Tensor mask) {
    return ops.reshape(mask, Shape.of(mask.dim(0), 1, 1, 1, 1));
  }

  /** h_t = exp(Δ_t·A)·h_{t−1} + Δ_t·x_t·B_tᵀ. */
  private Tensor advance(Tensor h, long t) {
    Tensor step = at(delta, t, states.with(3, 1).with(4, 1));
    Tensor rate = ops.reshape(a, states.with(0, 1).with(3, 1).with(4, 1));
    Tensor decay = ops.exp(ops.multiply(step, rate));
    Tensor entering = ops.multiply(step, at(x, t, states.with(4, 1)));
    Tensor shared = at(b, t, states.with(2, 1).with(3, 1));
    return ops.add(ops.multiply(decay, h), ops.multiply(entering, shared));
  }

  /** h_t·C_t, [batch, 1, heads·headDim]. */
  private Tensor put(Tensor h, long t) {
    Tensor shared = at(c, t, states.with(2, 1).with(3, 1));
    return ops.reshape(ops.sum(ops.multiply(h, shared), 4), x.shape().with(1, 1));
  }

  private Tensor skipped(Tensor y) {
    Tensor skip = inputs.get(Ssd.SKIP);
    if (skip == null) {
      return y;
    }
    Shape heads = Shape.of(x.dim(0), x.dim(1), skip.dim(0), x.dim(2) / skip.dim(0));
    Tensor factors = ops.reshape(skip, Shape.of(1, 1, skip.dim(0), 1));
    Tensor direct = ops.multiply(ops.reshape(x, heads), factors);
    return ops.add(y, ops.reshape(direct, x.shape()));
  }

  /** Step t of [batch, length, width] in the shape of states. */
  private Tensor at(Tensor rows, long t, Shape shape) {
    return ops.reshape(ops.slice(rows, 1, t, t + 1), shape);
  }
}
