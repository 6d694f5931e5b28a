package io.colubrid.plugins.vision;

import io.colubrid.nn.Linear;
import io.colubrid.spi.layer.Head;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.function.BiFunction;

/**
 * Scores of classes, one row a sequence: norm, pooling, product. The loss is cross entropy with
 * targets I32 [batch], −1 for none.
 *
 * @param norm at each position
 * @param projection d-model to classes
 */
record ClassifierHead(
    Pooling pool,
    BiFunction<Ops, Tensor, Tensor> norm,
    Linear projection,
    double labelSmoothing,
    double dropout)
    implements Head {
  @Override
  public TensorType target(long batch, long length) {
    return TensorType.i32(batch);
  }

  /** [batch, classes]. */
  @Override
  public Tensor logits(Tensor hidden, Pass pass) {
    Ops ops = pass.ops();
    Tensor normed = norm.apply(ops, pool.chosen(ops, hidden));
    Tensor pooled = normed.dim(1) == 1 ? normed : ops.mean(normed, 1);
    Tensor features = ops.reshape(pooled, Shape.of(hidden.dim(0), hidden.dim(-1)));
    pass.tap("pooled", features);
    return projection.apply(ops, pass.dropout(features, dropout, "dropout"));
  }

  @Override
  public Loss summedLoss(Tensor hidden, Tensor targets, Pass pass) {
    Ops ops = pass.ops();
    Tensor losses = ops.crossEntropy(logits(hidden, pass), targets, labelSmoothing);
    Tensor ids = ops.cast(targets, losses.dtype());
    Tensor zero = ops.constant(losses.dtype(), Shape.of(1), 0);
    Tensor one = ops.constant(losses.dtype(), Shape.of(1), 1);
    Tensor there = ops.compare(Comparison.GREATER_OR_EQUAL, ids, zero);
    return new Loss(ops.sumAll(losses), ops.sumAll(ops.where(there, one, zero)));
  }
}
