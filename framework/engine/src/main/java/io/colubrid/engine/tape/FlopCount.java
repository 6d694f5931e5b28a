package io.colubrid.engine.tape;

import io.colubrid.spi.op.DifferentiableOp;

/**
 * Counts floating-point operations in one way: a multiply-add is 2; matrix products and plugins'
 * operations as the algorithm in use does them; everything else is 0.
 */
public final class FlopCount {
  private FlopCount() {}

  /** FLOPs of one node. */
  public static long of(Node node) {
    return switch (node.operation()) {
      case Operation.MatMul product -> {
        long inner = node.input(0).dim(product.transposeA() ? -2 : -1);
        yield 2 * inner * node.output().shape().elements();
      }
      case Operation.Custom custom -> custom.op().flops(CustomRecording.types(node.inputs()));
      case Operation.CustomGradient gradient ->
          gradient.op() instanceof DifferentiableOp op
              ? op.backwardFlops(gradient.layout().inputTypes())
              : 0;
      default -> 0;
    };
  }
}
