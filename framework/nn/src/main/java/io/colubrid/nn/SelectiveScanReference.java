package io.colubrid.nn;

import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@link SelectiveScan} as its equations say it, one step after the other. */
final class SelectiveScanReference {
  private final Ops ops;
  private final List<@Nullable Tensor> inputs;
  private final Tensor u;
  private final Tensor delta;
  private final Tensor a;

  SelectiveScanReference(boolean softplus, Ops ops, List<@Nullable Tensor> inputs) {
    this.ops = ops;
    this.inputs = inputs;
    u = input(SelectiveScan.U);
    Tensor bias = inputs.get(SelectiveScan.DELTA_BIAS);
    Tensor raw = input(SelectiveScan.DELTA);
    Tensor shifted = bias == null ? raw : ops.add(raw, bias);
    delta = softplus ? ops.softplus(shifted) : shifted;
    a = ops.negate(ops.exp(input(SelectiveScan.A_LOG)));
  }

  private Tensor input(int index) {
    return Objects.requireNonNull(inputs.get(index));
  }

  List<Tensor> outputs() {
    Tensor given = inputs.get(SelectiveScan.STATE);
    Shape states = u.shape().with(1, u.dim(2)).with(2, a.dim(1));
    Tensor zeros = ops.constant(u.dtype(), states, 0);
    // A copy, since what came in is overwritten and the backward pass reads it.
    Tensor h = given == null ? zeros : ops.affine(given, 1, 0);
    Tensor segments = inputs.get(SelectiveScan.SEGMENTS);
    Documents documents = segments == null ? null : new Documents(ops, segments, u.dtype());
    List<Tensor> rows = new ArrayList<>();
    for (long t = 0; t < u.dim(1); t++) {
      if (documents == null) {
        h = advance(h, t);
      } else {
        Tensor begun = ops.where(documents.startsAt(t), zeros, h);
        h = ops.where(documents.paddingAt(t), h, advance(begun, t));
      }
      rows.add(put(h, t));
    }
    Tensor y = gated(skipped(ops.concat(1, rows)));
    Tensor clean = documents == null ? y : documents.withoutPadding(y);
    return given == null ? List.of(clean) : List.of(clean, h);
  }

  /** h_t = exp(Δ_t·A)·h_{t−1} + Δ_t·u_t·B_t, [batch, channels, states]. */
  private Tensor advance(Tensor h, long t) {
    Tensor step = column(delta, t);
    Tensor decay = ops.exp(ops.multiply(step, a));
    Tensor entering = ops.multiply(step, column(u, t));
    Tensor b = ops.slice(input(SelectiveScan.B), 1, t, t + 1);
    return ops.add(ops.multiply(decay, h), ops.multiply(entering, b));
  }

  /** C_t·h_t, [batch, 1, channels]. */
  private Tensor put(Tensor h, long t) {
    Tensor c = ops.slice(input(SelectiveScan.C), 1, t, t + 1);
    Tensor y = ops.sum(ops.multiply(h, c), 2);
    return ops.reshape(y, u.shape().with(1, 1));
  }

  private Tensor skipped(Tensor y) {
    Tensor skip = inputs.get(SelectiveScan.SKIP);
    return skip == null ? y : ops.add(y, ops.multiply(u, skip));
  }

  private Tensor gated(Tensor y) {
    Tensor gate = inputs.get(SelectiveScan.GATE);
    return gate == null ? y : ops.multiply(y, ops.silu(gate));
  }

  /** Step t of [batch, length, channels] as [batch, channels, 1]. */
  private Tensor column(Tensor x, long t) {
    return ops.reshape(ops.slice(x, 1, t, t + 1), Shape.of(x.dim(0), x.dim(2), 1));
  }
}
