package io.colubrid.plugins.vision;

import io.colubrid.nn.LayerNorm;
import io.colubrid.nn.Linear;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.StreamShape;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;

/**
 * A convolution of a grid by a square kernel, and a layer norm: unfolded windows times a matrix
 * [out, rows · columns · in]. Its parameters are {@code CONV.weight}, {@code CONV.bias} and {@code
 * NORM.*}.
 */
record Convolution(Unfold unfold, Linear linear, LayerNorm norm) {
  private static final int SIZE = 3;
  private static final int STRIDE = 2;

  /** A kernel of 3 by 3 with a stride of 2, which halves both extents, rounded up. */
  static Convolution halving(
      BuildContext context, String conv, String norm, long in, long out, double epsilon) {
    long window = (long) SIZE * SIZE * in;
    return new Convolution(
        new Unfold(SIZE, STRIDE, SIZE / 2),
        new Linear(
            context,
            conv,
            window,
            out,
            Initializer.kaimingUniform(),
            Initializer.uniform(1 / Math.sqrt((double) window))),
        new LayerNorm(context, norm, out, epsilon));
  }

  /**
   * @param x [batch, height, width, channels]
   */
  Tensor apply(Ops ops, Tensor x) {
    return norm.apply(ops, linear.apply(ops, unfold.apply(ops, x)));
  }

  StreamShape output(long height, long width) {
    return new StreamShape(
        linear.weight().shape().dim(0),
        new StreamShape.Grid(unfold.windows(height), unfold.windows(width)));
  }
}
