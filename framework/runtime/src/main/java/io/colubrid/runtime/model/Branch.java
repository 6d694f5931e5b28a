package io.colubrid.runtime.model;

import io.colubrid.nn.AddNorm;
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
  public Residual forward(Residual x, Pass pass) {
    Ops ops = pass.ops();
    return switch (placement) {
      case PRE -> {
        AddNorm.Result normed = norm.apply(ops, x, ops.activation());
        yield new Residual(normed.stream(), branch(normed.normed(), pass));
      }
      case POST -> {
        Tensor stream = x.whole(ops);
        Tensor branch = branch(ops.cast(stream, ops.activation()), pass);
        Residual both = new Residual(stream, branch);
        yield Residual.of(norm.apply(ops, both, stream.dtype()).normed());
      }
    };
  }

  private Tensor branch(Tensor x, Pass pass) {
    Tensor branch = layer.forward(x, pass);
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
