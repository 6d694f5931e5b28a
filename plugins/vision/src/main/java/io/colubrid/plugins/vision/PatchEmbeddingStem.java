package io.colubrid.plugins.vision;

import io.colubrid.nn.Linear;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.layer.Stem;
import io.colubrid.spi.layer.StreamShape;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import org.jspecify.annotations.Nullable;

/**
 * Images F32 [batch, height, width, channels] to one position a patch: a product of its pixels,
 * then the class token among them, then the embedding of positions (Dosovitskiy et al., 2021; with
 * the class token in the middle as in Vim, Zhu et al., 2024).
 *
 * @param projection pixels of a patch, in the order [row, column, channel], to d-model
 * @param token [1, 1, d-model], or null
 * @param positions or null
 */
record PatchEmbeddingStem(
    PatchEmbeddingConfig config,
    Linear projection,
    @Nullable Parameter token,
    @Nullable PositionTable positions)
    implements Stem {
  @Override
  public TensorType input(long batch, long length) {
    return config.image().batch(batch);
  }

  @Override
  public StreamShape output() {
    long width = projection.weight().shape().dim(0);
    GridConfig patches = config.patches();
    return new StreamShape(
        width, config.grid() ? new StreamShape.Grid(patches.height(), patches.width()) : null);
  }

  @Override
  public Tensor forward(Tensor input, Pass pass) {
    Ops ops = pass.ops();
    Unfold unfold = new Unfold(config.patch(), config.step(), 0);
    Tensor patches = projection.apply(ops, unfold.apply(ops, input));
    Shape grid = patches.shape();
    Shape sequence = Shape.of(grid.dim(0), grid.product(1, 3), grid.dim(3));
    Tensor stream = withToken(ops, ops.reshape(patches, sequence));
    if (positions != null) {
      stream = ops.add(stream, positions.rows(ops));
    }
    Tensor shaped = config.grid() ? ops.reshape(stream, grid) : stream;
    return pass.dropout(shaped, config.dropout(), "dropout");
  }

  private Tensor withToken(Ops ops, Tensor patches) {
    if (token == null) {
      return patches;
    }
    Tensor everywhere = ops.broadcast(ops.value(token), patches.shape().with(1, 1));
    long index = config.classToken().index(patches.dim(1));
    return PositionTable.with(ops, patches, index, everywhere);
  }
}
