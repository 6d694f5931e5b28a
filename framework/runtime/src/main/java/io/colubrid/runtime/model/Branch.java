package io.colubrid.runtime.model;

import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;

/**
 * A residual branch: x + layer(norm(x)), or norm(x + layer(x)) where the norm stands behind. The
 * layer sees the dtype of activations; the stream stays in the masters' one.
 *
 * @param norm the norm
 * @param placement where the norm stands
 * @param layer the mixer or channel layer
 * @param dropout share of single elements of the branch dropped while training
 * @param dropPath share of sequences whose branch is dropped while training
 */
record Branch(
    Norm norm, NormConfig.Placement placement, PlacedLayer layer, double dropout, double dropPath)
    implements BlockPart {
  @Override
  public Tensor forward(Tensor x, Pass pass) {
    Ops ops = pass.ops();
    return switch (placement) {
      case PRE -> ops.add(x, branch(norm.apply(ops, x), pass));
      case POST -> norm.apply(ops, ops.add(x, branch(x, pass)));
    };
  }

  private Tensor branch(Tensor x, Pass pass) {
    Tensor branch = layer.forward(pass.ops().cast(x, pass.ops().activation()), pass);
    if (!branch.shape().equals(x.shape())) {
      throw new LayerFailedException(
          layer.path(),
          "returns %s for a stream %s; a residual branch must keep its shape"
              .formatted(branch.shape(), x.shape()));
    }
    branch = pass.dropout(branch, dropout, layer.path() + ".dropout");
    return pass.dropPath(branch, dropPath, layer.path() + ".drop-path");
  }
}
