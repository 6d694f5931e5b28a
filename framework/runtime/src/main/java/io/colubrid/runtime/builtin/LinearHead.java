package io.colubrid.runtime.builtin;

import io.colubrid.nn.Linear;
import io.colubrid.spi.layer.Head;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.Unary;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.Optional;

/**
 * Forecasts real-valued series: norm, then a product. The loss of a position is the mean squared
 * error over its features, with targets F32 [batch, length, features]; padding loses nothing.
 *
 * @param projection d-model to features
 */
record LinearHead(FinalNorm norm, Linear projection) implements Head {
  @Override
  public TensorType target(long batch, long length) {
    return TensorType.f32(batch, length, projection.weight().shape().dim(0));
  }

  @Override
  public Tensor logits(Tensor hidden, Pass pass) {
    return projection.apply(pass.ops(), norm.apply(hidden, pass));
  }

  @Override
  public Loss summedLoss(Tensor hidden, Tensor targets, Pass pass) {
    Ops ops = pass.ops();
    Tensor forecast = logits(hidden, pass);
    Tensor error = ops.subtract(forecast, ops.cast(targets, forecast.dtype()));
    Tensor loss = ops.mean(ops.unary(Unary.SQUARE, error), 2);
    Optional<Tensor> positions = pass.sequences().positions();
    if (positions.isEmpty()) {
      double count = loss.shape().elements();
      return new Loss(ops.sumAll(loss), ops.constant(loss.dtype(), Shape.scalar(), count));
    }
    Tensor there =
        ops.compare(
            Comparison.GREATER_OR_EQUAL, column(positions.get(), loss, ops), zero(loss, ops));
    Tensor counted = ops.where(there, ops.constant(loss.dtype(), Shape.of(1), 1), zero(loss, ops));
    return new Loss(ops.sumAll(ops.where(there, loss, zero(loss, ops))), ops.sumAll(counted));
  }

  private static Tensor column(Tensor positions, Tensor like, Ops ops) {
    return ops.reshape(ops.cast(positions, like.dtype()), like.shape());
  }

  private static Tensor zero(Tensor like, Ops ops) {
    return ops.constant(like.dtype(), Shape.of(1), 0);
  }
}
