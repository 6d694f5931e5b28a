package io.colubrid.plugins.mamba2ssd;

import io.colubrid.nn.Linear;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;

/**
 * RMSNorm(y·SiLU(z))·weight, over all channels or over those of each group.
 *
 * @param weight [channels]
 * @param groups parts of the channels that are normed by themselves
 */
record GatedNorm(Parameter weight, int groups, double epsilon) {

  static GatedNorm create(Mamba2Config config, BuildContext context, long channels) {
    int groups = config.norm() == Mamba2Config.Norm.GROUP ? config.groups() : 1;
    Parameter weight =
        context.parameter(
            "norm.weight", Shape.of(channels), Initializer.constant(1), Parameter.Role.VECTOR);
    return new GatedNorm(weight, groups, config.normEpsilon());
  }

  /**
   * @param y [batch, length, channels]
   * @param z [batch, length, channels]
   */
  Tensor apply(Ops ops, Tensor y, Tensor z) {
    return new GatedRmsNorm(groups, epsilon).apply(ops, y, z, ops.value(weight));
  }

  /** A product of the norm, in one launch where it is a step of one sequence on a GPU. */
  Tensor apply(Ops ops, Tensor y, Tensor z, Linear projection) {
    boolean step = y.shape().rows() == 1 && projection.bias() == null;
    if (!step || ops.activation() != DType.BF16) {
      return projection.apply(ops, apply(ops, y, z));
    }
    return new GatedProduct(new GatedRmsNorm(groups, epsilon))
        .apply(ops, y, z, ops.value(weight), ops.matrix(projection.weight()));
  }
}
