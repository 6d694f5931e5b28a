package org.example.gla;

import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@link GatedLinearAttention} without a loop, as attention with a matrix of decays: with A the sum
 * of g up to a position, o_i = Σ_{j ≤ i} exp(A_i − A_j)·(q_i·k_j)·v_j + exp(A_i)·S_0ᵀ·q_i.
 */
final class GatedLinearAttentionReference {
  private final Ops ops;
  private final long length;
  private final Tensor q;
  private final Tensor k;
  private final Tensor v;

  /** A, [batch, heads, length, 1]. */
  private final Tensor decayed;

  /** Position in the row as a column, [length, 1]. */
  private final Tensor index;

  /**
   * Number of the document at each position from 1, [batch, 1, length, 1]; null if there is one.
   */
  private final @Nullable Tensor document;

  private final @Nullable Tensor there;
  private final @Nullable Tensor state;

  GatedLinearAttentionReference(int heads, Ops ops, List<@Nullable Tensor> inputs) {
    this.ops = ops;
    Tensor positions = inputs.get(GatedLinearAttention.POSITIONS);
    Tensor given = inputs.get(GatedLinearAttention.STATE);
    Tensor flat = input(inputs, GatedLinearAttention.Q);
    length = flat.dim(1);
    q = headed(flat, heads);
    v = headed(input(inputs, GatedLinearAttention.V), heads);
    index = ops.reshape(ops.range(q.dtype(), length), Shape.of(length, 1));
    Tensor column =
        positions == null
            ? null
            : ops.reshape(ops.cast(positions, q.dtype()), positions.shape().insert(1, 1));
    Tensor at = column == null ? null : ops.reshape(column, column.shape().insert(3, 1));
    there = at == null ? null : ops.compare(Comparison.GREATER_OR_EQUAL, at, zero());
    document =
        at == null
            ? null
            : ops.cumsum(ops.where(ops.compare(Comparison.EQUAL, at, zero()), one(), zero()), 2);
    k = present(headed(input(inputs, GatedLinearAttention.K), heads));
    Tensor g = present(headed(input(inputs, GatedLinearAttention.DECAY), heads));
    decayed = ops.cumsum(g, 2);
    // A copy, since what came in is overwritten.
    state = given == null ? null : ops.affine(given, 1, 0);
  }

  private static Tensor input(List<@Nullable Tensor> inputs, int at) {
    return Objects.requireNonNull(inputs.get(at));
  }

  List<Tensor> outputs() {
    Tensor scores = ops.multiply(ops.matmul(q, false, k, true), decays(decayed, index));
    Tensor o = ops.matmul(scores, v);
    if (state == null) {
      return List.of(flat(present(o)));
    }
    Tensor carried = ops.multiply(first(document, ops.exp(decayed)), ops.matmul(q, state));
    return List.of(flat(present(ops.add(o, carried))), next(state));
  }

  /** exp(A_L)·S_0 + Σ_j exp(A_L − A_j)·k_j·v_jᵀ over the last document. */
  private Tensor next(Tensor before) {
    Tensor end = ops.slice(decayed, 2, length - 1, length);
    Tensor last = document == null ? null : ops.slice(document, 2, length - 1, length);
    Tensor kept = first(last, ops.exp(end));
    Tensor fading = ops.permute(decays(end, ops.slice(index, 0, length - 1, length)), 0, 1, 3, 2);
    Tensor entered = ops.matmul(ops.multiply(k, fading), true, v, false);
    return ops.add(ops.multiply(kept, before), entered);
  }

  /** exp(A_i − A_j) where j is not behind i and in its document, else 0: [batch, heads, i, j]. */
  private Tensor decays(Tensor to, Tensor row) {
    Tensor from = ops.permute(decayed, 0, 1, 3, 2);
    Tensor seen =
        ops.compare(Comparison.GREATER_OR_EQUAL, row, ops.reshape(index, Shape.of(1, length)));
    Tensor between = ops.where(seen, ops.subtract(to, from), zero());
    Tensor factors = ops.where(seen, ops.exp(between), zero());
    if (document == null) {
      return factors;
    }
    Tensor here = row.dim(0) == length ? document : ops.slice(document, 2, length - 1, length);
    Tensor same = ops.compare(Comparison.EQUAL, here, ops.permute(document, 0, 1, 3, 2));
    return ops.where(same, factors, zero());
  }

  /** x in the first document, which goes on from the state, and 0 in others. */
  private Tensor first(@Nullable Tensor documents, Tensor x) {
    return documents == null
        ? x
        : ops.where(ops.compare(Comparison.GREATER, documents, one()), zero(), x);
  }

  /** x with zeros at padding. */
  private Tensor present(Tensor x) {
    return there == null ? x : ops.where(there, x, zero());
  }

  /** [batch, length, heads·size] as [batch, heads, length, size]. */
  private Tensor headed(Tensor x, int heads) {
    Shape split = Shape.of(x.dim(0), x.dim(1), heads, x.dim(2) / heads);
    return ops.permute(ops.reshape(x, split), 0, 2, 1, 3);
  }

  private Tensor flat(Tensor x) {
    Tensor rows = ops.permute(x, 0, 2, 1, 3);
    return ops.reshape(rows, Shape.of(x.dim(0), x.dim(2), x.dim(1) * x.dim(3)));
  }

  private Tensor zero() {
    return ops.constant(q.dtype(), Shape.of(1, 1), 0);
  }

  private Tensor one() {
    return ops.constant(q.dtype(), Shape.of(1, 1), 1);
  }
}
