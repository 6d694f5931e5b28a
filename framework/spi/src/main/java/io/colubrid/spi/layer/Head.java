package io.colubrid.spi.layer;

import io.colubrid.spi.op.Binary;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import org.jspecify.annotations.Nullable;

/** The end of a model: turns the stream into an answer, and an answer into a loss. */
public interface Head {

  /** Type of the targets for a batch, such as I32 [batch, length] with −1 for none. */
  TensorType target(long batch, long length);

  /**
   * @return one row of scores a position, such as [batch, length, vocabulary]
   */
  Tensor logits(Tensor hidden, Pass pass);

  /**
   * The same of a stream that the last branch is still to be added to, which a norm does in its
   * pass over memory.
   *
   * @param branch of the shape of the stream, or null for nothing
   */
  default Tensor logits(Tensor stream, @Nullable Tensor branch, Pass pass) {
    return logits(branch == null ? stream : pass.ops().add(stream, branch), pass);
  }

  /**
   * @return the mean loss over all positions that have a target, a scalar in nats
   */
  default Tensor loss(Tensor hidden, Tensor targets, Pass pass) {
    return summedLoss(hidden, targets, pass).mean(pass.ops());
  }

  /** The loss summed over positions, and how many positions had a target. */
  Loss summedLoss(Tensor hidden, Tensor targets, Pass pass);

  /**
   * A loss as a sum and a count, so that micro-batches of unequal counts average rightly.
   *
   * @param sum F32 scalar, in nats
   * @param count F32 scalar, the number of targets
   */
  record Loss(Tensor sum, Tensor count) {
    Tensor mean(Ops ops) {
      Tensor one = ops.constant(count.dtype(), count.shape(), 1);
      return ops.divide(sum, ops.binary(Binary.MAXIMUM, count, one));
    }
  }
}
