package io.colubrid.runtime.model;

import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.tensor.Tensor;

/**
 * A residual branch: x + dropPath(dropout(layer(norm(x)))).
 *
 * @param norm the norm in front
 * @param layer the mixer or channel layer
 * @param dropout share of single elements dropped while training
 * @param dropPath share of sequences whose branch is dropped while training
 */
record Branch(Norm norm, PlacedLayer layer, double dropout, double dropPath) {
  Tensor forward(Tensor x, Pass pass) {
    Tensor branch = layer.forward(norm.apply(pass.ops(), x), pass);
    branch = pass.dropout(branch, dropout, layer.path() + ".dropout");
    branch = pass.dropPath(branch, dropPath, layer.path() + ".drop-path");
    return pass.ops().add(x, branch);
  }
}
