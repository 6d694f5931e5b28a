package io.colubrid.plugins.moe;

import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.op.Binary;
import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.Unary;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What a router adds to the training objective.
 *
 * @param balance coefficient of experts · Σ_e f_e·P_e, where f_e is the share of choices that fell
 *     on expert e and P_e its mean probability (Fedus et al., 2022, equation 4); 1 where all are
 *     used alike
 * @param z coefficient of the mean of (log Σ_e exp logit_e)² (Zoph et al., 2022, equation 5)
 */
record RouterLosses(double balance, double z) {

  /**
   * @param demand I32 [experts]: how many chose each
   * @param segments I32 [positions], −1 for padding, which is not counted; or null
   */
  void add(Pass pass, Route.Result routing, Tensor demand, @Nullable Tensor segments) {
    Ops ops = pass.ops();
    Tensor logits = routing.logits();
    DType dtype = logits.dtype();
    Tensor text = text(ops, segments, dtype, logits.dim(0));
    Tensor weights = ops.divide(text, atLeastOne(ops, ops.sumAll(text)));
    if (balance > 0) {
      Tensor share = share(ops, demand, dtype);
      Tensor mean = ops.sum(ops.multiply(routing.probabilities(), weights), 0);
      Tensor used = ops.sumAll(ops.multiply(mean, ops.reshape(share, mean.shape())));
      pass.addLoss("balance-loss", ops.scale(used, balance * logits.dim(1)));
    }
    if (z > 0) {
      Tensor squared = ops.unary(Unary.SQUARE, logSumExp(ops, logits));
      pass.addLoss("z-loss", ops.scale(ops.sumAll(ops.multiply(squared, weights)), z));
    }
  }

  /** [experts]: the share of choices that fell on each. */
  static Tensor share(Ops ops, Tensor demand, DType dtype) {
    Tensor counts = ops.cast(demand, dtype);
    return ops.divide(counts, atLeastOne(ops, ops.sumAll(counts)));
  }

  static Tensor atLeastOne(Ops ops, Tensor count) {
    return ops.binary(Binary.MAXIMUM, count, ops.constant(count.dtype(), count.shape(), 1));
  }

  /** [positions, 1]: 0 at padding, 1 elsewhere. */
  private static Tensor text(Ops ops, @Nullable Tensor segments, DType dtype, long positions) {
    Shape shape = Shape.of(positions, 1);
    Tensor one = ops.constant(dtype, shape, 1);
    if (segments == null) {
      return one;
    }
    Tensor zero = ops.constant(dtype, Shape.of(1, 1), 0);
    Tensor numbers = ops.reshape(ops.cast(segments, dtype), shape);
    return ops.where(ops.compare(Comparison.LESS, numbers, zero), zero, one);
  }

  private static Tensor logSumExp(Ops ops, Tensor logits) {
    Tensor largest = ops.stopGradient(ops.max(logits, 1));
    Tensor sum = ops.sum(ops.exp(ops.subtract(logits, largest)), 1);
    return ops.add(ops.unary(Unary.LOG, sum), largest);
  }
}
