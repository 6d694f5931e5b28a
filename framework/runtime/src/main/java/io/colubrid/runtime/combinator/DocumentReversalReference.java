package io.colubrid.runtime.combinator;

import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;

/**
 * The definition of {@link DocumentReversal}: a position moves by the number of positions that its
 * document has behind it, less the number of those before it. Segments and positions in a row are
 * exact up to 2^24.
 */
final class DocumentReversalReference {
  private final Ops ops;
  private final Tensor segments;
  private final long batch;
  private final long length;

  /**
   * @param segments I32 [batch, length]
   */
  DocumentReversalReference(Ops ops, Tensor segments) {
    this.ops = ops;
    this.segments = ops.cast(segments, DType.F32);
    this.batch = segments.dim(0);
    this.length = segments.dim(1);
  }

  Tensor sources() {
    Tensor within = ops.add(moves(), positions(1, length));
    Tensor rows = ops.cast(ops.affine(ops.range(DType.F32, batch), length, 0), DType.I32);
    Tensor sources = ops.add(ops.cast(within, DType.I32), ops.reshape(rows, Shape.of(batch, 1)));
    Tensor padding = ops.compare(Comparison.LESS, segments, number(0, 1, 1));
    Tensor none = ops.constant(DType.I32, Shape.of(1, 1), -1);
    return ops.reshape(ops.where(padding, none, sources), Shape.of(batch * length));
  }

  /** [batch, length]. */
  private Tensor moves() {
    Tensor here = ops.reshape(segments, Shape.of(batch, length, 1));
    Tensor there = ops.reshape(segments, Shape.of(batch, 1, length));
    Tensor same = ops.compare(Comparison.EQUAL, here, there);
    Tensor moves = ops.sum(ops.where(same, directions(), number(0, 1, 1, 1)), 2);
    return ops.reshape(moves, Shape.of(batch, length));
  }

  /** [1, length, length]: 1 where the second position lies behind the first, −1 where before. */
  private Tensor directions() {
    Tensor from = positions(1, length, 1);
    Tensor to = positions(1, 1, length);
    Tensor zero = number(0, 1, 1, 1);
    Tensor behind = ops.where(ops.compare(Comparison.GREATER, to, from), number(1, 1, 1, 1), zero);
    return ops.where(ops.compare(Comparison.LESS, to, from), number(-1, 1, 1, 1), behind);
  }

  private Tensor positions(long... shape) {
    return ops.reshape(ops.range(DType.F32, length), Shape.of(shape));
  }

  private Tensor number(double value, long... shape) {
    return ops.constant(DType.F32, Shape.of(shape), value);
  }
}
