package io.colubrid.runtime.builtin;

import io.colubrid.spi.layer.Head;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Scores of the next token: norm, then a product with the table of tokens. The loss is cross
 * entropy with targets I32 [batch, length], −1 for none.
 *
 * @param weight [vocabulary, d-model]
 * @param chunk positions whose scores are held at once, in both directions
 */
record LmHead(FinalNorm norm, Parameter weight, double labelSmoothing, OptionalLong chunk)
    implements Head {
  private static final long SCORES_AT_ONCE = 1L << 24;

  /** A GPU, where scores may be BF16, wants more rows in a product. */
  private static final long HALF_SCORES_AT_ONCE = 1L << 27;

  @Override
  public TensorType target(long batch, long length) {
    return TensorType.i32(batch, length);
  }

  @Override
  public Tensor logits(Tensor hidden, Pass pass) {
    return logits(hidden, null, pass);
  }

  @Override
  public Tensor logits(Tensor stream, @Nullable Tensor branch, Pass pass) {
    Ops ops = pass.ops();
    Tensor normed = norm.apply(stream, branch, pass);
    // A product of BF16 whose sums are not rounded, where linear would round them.
    return ops.activation() == DType.BF16
        ? ops.matmul(ops.cast(normed, DType.BF16), false, ops.matrix(weight), true)
        : ops.linear(normed, weight);
  }

  @Override
  public Loss summedLoss(Tensor hidden, Tensor targets, Pass pass) {
    Ops ops = pass.ops();
    Tensor normed = ops.cast(norm.apply(hidden, pass), ops.activation());
    long rows = normed.shape().rows();
    Tensor flat = ops.reshape(normed, Shape.of(rows, normed.dim(-1)));
    Tensor flatTargets = ops.reshape(targets, Shape.of(rows));
    Tensor sum = summed(flat, flatTargets, pass);
    return new Loss(sum, count(flatTargets, sum.dtype(), ops));
  }

  /** Scores of all positions can be larger than the rest of a step, so they come in chunks. */
  private Tensor summed(Tensor hidden, Tensor targets, Pass pass) {
    long rows = hidden.dim(0);
    boolean half = pass.ops().activation() == DType.BF16;
    long scores = half ? HALF_SCORES_AT_ONCE : SCORES_AT_ONCE;
    long most = chunk.orElse(Math.max(1, scores / weight.shape().dim(0)));
    long chunks = Math.max(1, Math.ceilDiv(rows, most));
    if (chunks == 1) {
      return chunkLoss(hidden, targets, pass.ops());
    }
    long size = Math.ceilDiv(rows, chunks);
    Tensor sum = pass.ops().constant(DType.F32, Shape.scalar(), 0);
    for (long from = 0; from < rows; from += size) {
      long first = from;
      long last = Math.min(from + size, rows);
      Ops ops = pass.ops();
      Tensor part =
          pass.recomputed(
              () ->
                  chunkLoss(
                      ops.slice(hidden, 0, first, last), ops.slice(targets, 0, first, last), ops));
      sum = ops.add(ops.cast(sum, part.dtype()), part);
    }
    return sum;
  }

  private Tensor chunkLoss(Tensor hidden, Tensor targets, Ops ops) {
    Tensor logits = ops.linear(hidden, weight);
    return ops.sumAll(ops.crossEntropy(logits, targets, labelSmoothing));
  }

  private static Tensor count(Tensor targets, DType dtype, Ops ops) {
    Tensor ids = ops.cast(targets, dtype);
    Tensor zero = ops.constant(dtype, Shape.of(1), 0);
    Tensor one = ops.constant(dtype, Shape.of(1), 1);
    Tensor there = ops.compare(Comparison.GREATER_OR_EQUAL, ids, zero);
    return ops.sumAll(ops.where(there, one, zero));
  }
}
